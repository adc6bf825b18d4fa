// Draining: a person wants no new clients at a worker. Those who have come stay, and clients that hold a descriptor from before
// may still come until it has ended. The wish lies in the store: store/balance-drains.ts.

/** What was published for a period, as far as draining asks. */
export interface PublishedPeriod {
  readonly periodEndMs: number;
  readonly directories: readonly { readonly points: readonly { readonly worker: string }[] }[];
}

/**
 * Until when descriptors may lead clients to a worker that is taken out now: a client keeps one until its period ends. Null:
 * it stands in none.
 *
 * @param rounds what stands at the directories, and what stood there in periods that have not ended
 */
export const cachedUntilMs = (rounds: readonly PublishedPeriod[], worker: string): number | null => {
  const ends = rounds.flatMap(({ periodEndMs, directories }) =>
    directories.some(({ points }) => points.some((point) => point.worker === worker)) ? [periodEndMs] : [],
  );
  return ends.length === 0 ? null : Math.max(...ends);
};
