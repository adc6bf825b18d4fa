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
  /** Directories that missed a round are tried again after the first, then twice as long each time, up to the second. */
  readonly retryMs: readonly [number, number];
}

const minuteMs = 60_000;

const usual: Timings = {
  pollMs: 5 * minuteMs,
  trustMs: 20 * minuteMs,
  gatherMs,
  republishMs: [60 * minuteMs, 120 * minuteMs],
  retryMs: [minuteMs, 16 * minuteMs],
};

export const timingsFor = ({ isTestNetwork }: { readonly isTestNetwork: boolean }): Timings =>
  isTestNetwork ? { ...usual, pollMs: 10_000, trustMs: minuteMs, gatherMs: 2_000, retryMs: [5_000, minuteMs] } : usual;
