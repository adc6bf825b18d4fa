// Restarts read from VmHWM, the peak memory of a process, which a running process never lowers by much: the kernel
// counts in batches, so dips of a few percent are its own; a large drop is a new process.
import { at, checkProbability } from '../check.ts';
import { StatsError } from '../stats-error.ts';
import { median } from './select.ts';
import { checkSeries, type Series } from './series.ts';

export interface PeakDrop {
  /** The last sample before the drop and the first after it: the restart lies between. */
  readonly afterMs: number;
  readonly byMs: number;
  /** Share of the peak that was lost, from 0 to 1. */
  readonly share: number;
}

export interface PeakDrops {
  /** Drops of more than the threshold. */
  readonly restarts: readonly PeakDrop[];
  /** Smaller ones: the peak fell although the process went on. */
  readonly dips: readonly PeakDrop[];
}

/** Splits the drops of a peak-memory series at `threshold` (more than 20 % is a restart). @throws StatsError on a negative peak. */
export const peakDrops = (peaks: Series, threshold = 0.2): PeakDrops => {
  checkSeries(peaks);
  checkProbability(threshold, 'the drop that tells a restart');
  const restarts: PeakDrop[] = [];
  const dips: PeakDrop[] = [];
  for (let index = 0; index < peaks.atMs.length; index++) {
    const peak = peaks.values[index] as number;
    if (peak < 0) throw new StatsError('stats-out-of-range', `peak memory ${index + 1} is negative: ${peak}`);
    const before = index === 0 ? peak : (peaks.values[index - 1] as number);
    if (peak >= before) continue;
    const share = 1 - peak / before;
    const drop = { afterMs: at(peaks.atMs, index - 1), byMs: at(peaks.atMs, index), share };
    (share > threshold ? restarts : dips).push(drop);
  }
  return { restarts, dips };
};

/**
 * How far apart the restarts of an arm's relays lie, in milliseconds: the median distance of neighbouring restarts,
 * all relays together; known to the distance of samples. Undefined with fewer than two distances.
 */
export const restartPeriod = (restartsOfRelays: readonly (readonly PeakDrop[])[]): number | undefined => {
  const distances = restartsOfRelays.flatMap((restarts) =>
    restarts.slice(1).map(({ byMs }, index) => byMs - (restarts[index]?.byMs ?? byMs)),
  );
  return distances.length < 2 ? undefined : median(distances);
};
