// Restarts of one relay: from the start time of its process where samples know it, else from a drop of its peak memory.
// A relay that grows back above four fifths of its old peak between two samples hides its restart from the second way.
import { at } from '../../stats/check.ts';
import { type PeakDrop, peakDrops } from '../../stats/series/restarts.ts';
import { missingKib, type RelaySamples } from '../model/measurements.ts';

export interface Restart {
  /** When the process started; for `peak-drop`, the first sample after it. */
  readonly atMs: number;
  /** The last sample before it. */
  readonly afterMs: number;
  readonly how: 'start-time' | 'peak-drop';
}

/** Start times are computed from ticks since boot: the same process may seem to start a little earlier or later. */
const sameStartMs = 2_000;

const byStartTime = ({ atMs }: RelaySamples, starts: Float64Array): Restart[] => {
  const restarts: Restart[] = [];
  let known: number | undefined;
  let seenMs = 0;
  for (const [index, start] of starts.entries()) {
    if (!Number.isFinite(start)) continue;
    if (known !== undefined && start - known > sameStartMs)
      // A clock that was set may tell a start before the last sample of the old process, or after the first of the new.
      restarts.push({
        atMs: Math.min(Math.max(start, seenMs), at(atMs, index)),
        afterMs: seenMs,
        how: 'start-time',
      });
    known = start;
    seenMs = at(atMs, index);
  }
  return restarts;
};

/** Drops and dips of VmHWM; samples without it are passed over. */
export const peakDropsOf = ({ atMs, peakKib }: RelaySamples): ReturnType<typeof peakDrops> => {
  if (!peakKib.includes(missingKib)) return peakDrops({ atMs, values: peakKib });
  const known = Array.from(peakKib.keys()).filter((index) => peakKib[index] !== missingKib);
  return peakDrops({
    atMs: Float64Array.from(known, (index) => at(atMs, index)),
    values: Float64Array.from(known, (index) => at(peakKib, index)),
  });
};

/** Restarts between the first sample and the last, ascending. A restart before the first sample is not seen. */
export const findRestarts = (samples: RelaySamples): Restart[] => {
  const starts = samples.figures.get('startedMs');
  const knows = (ms: number): boolean => {
    const index = samples.atMs.indexOf(ms);
    return starts !== undefined && index !== -1 && Number.isFinite(at(starts, index));
  };
  const told = starts === undefined ? [] : byStartTime(samples, starts);
  const isTold = ({ afterMs, byMs }: PeakDrop): boolean =>
    (knows(afterMs) && knows(byMs)) || told.some((restart) => restart.atMs > afterMs && restart.atMs <= byMs);
  const dropped = peakDropsOf(samples)
    .restarts.filter((drop) => !isTold(drop))
    .map(({ afterMs, byMs }): Restart => ({ atMs: byMs, afterMs, how: 'peak-drop' }));
  return [...told, ...dropped].sort((a, b) => a.atMs - b.atMs);
};
