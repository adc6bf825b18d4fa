// A long series in few equal bins of time: what is too slow or too uneven on samples is done on bins.
import { at, checkCount } from '../check.ts';
import { StatsError } from '../stats-error.ts';
import { medianInPlace } from './select.ts';
import { checkSeries, type Series, spanOf, type TimeWindow } from './series.ts';

/** Equal bins from `fromMs` on, each `widthMs` long; an empty bin holds no value. */
export interface TimeBins {
  readonly fromMs: number;
  readonly widthMs: number;
  readonly bins: readonly (number | undefined)[];
}

/**
 * The median time and median value of the samples in each of `count` equal bins of the series' own span, empty bins
 * left out: again a series, of at most `count` samples. Medians, so that a few broken samples do not spoil their bin.
 */
export const thinSeries = (series: Series, count: number): Series => {
  checkSeries(series);
  checkCount(count, 1, 'the number of bins');
  const span = spanOf(series);
  if (span === undefined || series.atMs.length <= count) return series;
  const times = Float64Array.from(series.atMs);
  const numbers = Float64Array.from(series.values);
  const widthMs = (span.toMs - span.fromMs) / count;
  const atMs: number[] = [];
  const values: number[] = [];
  let first = 0;
  for (let bin = 0; bin < count; bin++) {
    const toMs = bin === count - 1 ? Number.POSITIVE_INFINITY : span.fromMs + (bin + 1) * widthMs;
    let end = first;
    while (end < times.length && (times[end] as number) < toMs) end += 1;
    if (end > first) {
      atMs.push((at(times, (first + end - 1) >>> 1) + at(times, (first + end) >>> 1)) / 2);
      values.push(medianInPlace(numbers.subarray(first, end)));
    }
    first = end;
  }
  return { atMs, values };
};

/** Mean value per bin over a window that several series share. */
export const binSeries = (series: Series, { fromMs, toMs }: TimeWindow, count: number): TimeBins => {
  checkSeries(series);
  checkCount(count, 1, 'the number of bins');
  if (!(fromMs < toMs)) throw new StatsError('stats-window', 'a window to bin has no length');
  const widthMs = (toMs - fromMs) / count;
  const sums = new Float64Array(count);
  const counts = new Uint32Array(count);
  for (let index = 0; index < series.atMs.length; index++) {
    const ms = series.atMs[index] as number;
    if (ms < fromMs || ms > toMs) continue;
    const bin = Math.min(count - 1, Math.floor((ms - fromMs) / widthMs));
    sums[bin] = (sums[bin] as number) + (series.values[index] as number);
    counts[bin] = (counts[bin] as number) + 1;
  }
  const bins = Array.from(counts, (n, bin) => (n === 0 ? undefined : at(sums, bin) / n));
  return { fromMs, widthMs, bins };
};
