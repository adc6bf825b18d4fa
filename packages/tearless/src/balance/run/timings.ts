// How often things are done. A test network lives through its time periods in minutes, so workers are asked more often.
import { gatherMs } from '../choose/gather.ts';

export interface Timings {
  /** Between two looks at a worker's descriptor; each is up to a fifth earlier or later. */
  readonly pollMs: number;
  /** A descriptor that no directory gave again for so long speaks for its worker no more. */
  readonly trustMs: number;
  /** Changes of introduction points are gathered so long, except the loss of a worker. */
  readonly gatherMs: number;
  /** A round is due again at random between these, as with C tor. */
  readonly republishMs: readonly [number, number];
  /** A frontend of which nothing stands waits so long for all its workers to be heard of, at most. */
  readonly settleMs: number;
  /** A helper that is not heard of for so long is replaced by looks at directories. */
  readonly helperGraceMs: number;
  /** What a look costs in circuit time: with many workers to look at, each waits its turn. */
  readonly lookCostMs: number;
  /** Between two looks at what people want: draining, other clients, other keys. */
  readonly wishMs: number;
  /** Directories that missed a round are tried again after the first, then twice as long each time, up to the second. */
  readonly retryMs: readonly [number, number];
}

const minuteMs = 60_000;

const usual: Timings = {
  pollMs: 5 * minuteMs,
  trustMs: 20 * minuteMs,
  gatherMs,
  republishMs: [60 * minuteMs, 120 * minuteMs],
  settleMs: 45_000,
  helperGraceMs: 20_000,
  lookCostMs: 3_000,
  wishMs: 30_000,
  retryMs: [minuteMs, 16 * minuteMs],
};

const onTestNetwork: Timings = {
  ...usual,
  pollMs: 10_000,
  // A directory that is away takes half a minute of a look.
  trustMs: 2 * minuteMs,
  gatherMs: 2_000,
  settleMs: 15_000,
  helperGraceMs: 5_000,
  lookCostMs: 300,
  wishMs: 1_000,
  retryMs: [5_000, minuteMs],
};

/**
 * @param workers that have no helper, of all frontends: the more there are, the longer each waits for the next look
 * @param circuits that are built at once; half of them are left to uploads
 */
export const timingsFor = (
  { isTestNetwork }: { readonly isTestNetwork: boolean },
  workers: number,
  circuits: number,
): Timings => {
  const timings = isTestNetwork ? onTestNetwork : usual;
  const pollMs = Math.max(timings.pollMs, (workers * timings.lookCostMs * 2) / circuits);
  return { ...timings, pollMs, trustMs: Math.max(timings.trustMs, 4 * pollMs) };
};
