// Draining: a person wants no new clients at a worker. Those who have come stay, and clients that hold a descriptor from before
// may still come until it has ended. The wish lies in the store: store/balance-drains.ts.

/** What was published for a period, as far as draining asks. */
export interface PublishedPeriod {
  readonly periodEndMs: number;
  /** Ids of the workers that stood in any of its descriptors. */
  readonly named: readonly string[];
}

/**
 * Until when descriptors may lead clients to a worker that is taken out now: a client keeps one until its period ends. Null:
 * it stood in none.
 *
 * @param rounds of the periods that have not ended
 */
export const cachedUntilMs = (rounds: readonly PublishedPeriod[], worker: string): number | null => {
  const ends = rounds.flatMap(({ periodEndMs, named }) => (named.includes(worker) ? [periodEndMs] : []));
  return ends.length === 0 ? null : Math.max(...ends);
};
