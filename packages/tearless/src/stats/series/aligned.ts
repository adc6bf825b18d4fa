// Several relays' series on one grid of time bins, so that they can be compared bin by bin.
import { at, checkCount } from '../check.ts';
import type { Series, TimeWindow } from './series.ts';
import { binSeries } from './time-bins.ts';

export interface AlignedSeries {
  /** Middle of each bin that any relay filled. */
  readonly atMs: readonly number[];
  /** One row per relay that could be aligned, one value per bin. */
  readonly rows: readonly (readonly number[])[];
  /** Places, in the list handed in, of relays left out because too many of their bins are empty. */
  readonly leftOut: readonly number[];
}

/** A relay with fewer of the used bins filled is left out. */
const fewestFilled = 0.8;

/** Fills empty bins on the straight line between their neighbours; before the first and after the last, with those. */
const fillGaps = (bins: readonly (number | undefined)[], times: readonly number[]): number[] => {
  const filled = [...bins.keys()].filter((bin) => bins[bin] !== undefined);
  let next = 0;
  return bins.map((value, bin) => {
    while (next < filled.length && at(filled, next) < bin) next += 1;
    if (value !== undefined) return value;
    const after = filled[next];
    const before = filled[next - 1];
    if (before === undefined || after === undefined) return bins[after ?? before ?? 0] ?? 0;
    const share = (at(times, bin) - at(times, before)) / (at(times, after) - at(times, before));
    return (bins[before] ?? 0) * (1 - share) + (bins[after] ?? 0) * share;
  });
};

/** @throws StatsError for series that are none. */
export const alignSeries = (relays: readonly Series[], window: TimeWindow, count: number): AlignedSeries => {
  checkCount(count, 2, 'the number of bins');
  const binned = relays.map((series) => binSeries(series, window, count));
  const used = Array.from({ length: count }, (_, bin) => bin).filter((bin) =>
    binned.some(({ bins }) => bins[bin] !== undefined),
  );
  const widthMs = (window.toMs - window.fromMs) / count;
  const atMs = used.map((bin) => window.fromMs + (bin + 0.5) * widthMs);
  const rows: number[][] = [];
  const leftOut: number[] = [];
  for (const [place, { bins }] of binned.entries()) {
    const own = used.map((bin) => bins[bin]);
    const filled = own.filter((value) => value !== undefined).length;
    if (filled === 0 || filled < fewestFilled * used.length) leftOut.push(place);
    else rows.push(fillGaps(own, atMs));
  }
  return { atMs, rows, leftOut };
};
