// The distance of samples as planned, or the one that most samples of a relay keep to.
import { at } from '../../stats/check.ts';
import { median } from '../../stats/series/select.ts';
import type { Measurements } from '../model/measurements.ts';

/** Intervals fall into bins that grow by a tenth: nearly equal ones into one, or two that touch. */
const binGrowth = Math.log(1.1);
const binOf = (ms: number): number => Math.round(Math.log(ms) / binGrowth);
/** Fewer distances tell nothing. */
const fewestIntervals = 3;

/** An interval that fewer keep to is no plan. */
const usualShare = 0.5;

/** @returns milliseconds, or undefined where neither a plan nor most of the samples tell it. */
export const plannedInterval = ({ info, samples, snapshots }: Measurements): number | undefined => {
  if (info.sampleEveryMs !== undefined && info.sampleEveryMs > 0) return info.sampleEveryMs;
  const counts = new Map<number, number>();
  let all = 0;
  const add = (bin: number, times: number): void => void counts.set(bin, (counts.get(bin) ?? 0) + times);
  // Files that hold only rows over all relays have no samples of relays.
  const columns = samples.some(({ atMs }) => atMs.length > 0) ? samples : [{ atMs: snapshots }];
  for (const { atMs } of columns) {
    all += Math.max(0, atMs.length - 1);
    // Most neighbours have the same distance: their logarithm is taken once.
    let lastMs = -1;
    let same = 0;
    for (let index = 1; index < atMs.length; index++) {
      const ms = at(atMs, index) - at(atMs, index - 1);
      if (ms !== lastMs) {
        if (same > 0) add(binOf(lastMs), same);
        [lastMs, same] = [ms, 0];
      }
      same += 1;
    }
    if (same > 0) add(binOf(lastMs), same);
  }
  if (all < fewestIntervals) return undefined;
  let usual = 0;
  let most = 0;
  for (const bin of counts.keys()) {
    const near = (counts.get(bin - 1) ?? 0) + (counts.get(bin) ?? 0) + (counts.get(bin + 1) ?? 0);
    if (near > most || (near === most && bin < usual)) [usual, most] = [bin, near];
  }
  if (most < usualShare * all) return undefined;
  // One relay with many of the usual intervals tells their length as well as all do.
  const near = ({ atMs }: { readonly atMs: Float64Array }): number[] => {
    const found: number[] = [];
    for (let index = 1; index < atMs.length && found.length < 1_000; index++) {
      const ms = at(atMs, index) - at(atMs, index - 1);
      if (Math.abs(binOf(ms) - usual) <= 1) found.push(ms);
    }
    return found;
  };
  const best = columns.map(near).reduce((a, b) => (b.length > a.length ? b : a), []);
  return best.length === 0 ? undefined : median(best);
};
