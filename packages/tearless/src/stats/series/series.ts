// One relay's samples over time, in two columns: a month of samples every three minutes is 15,000 numbers each.
import { at, checkFinite } from '../check.ts';
import { StatsError } from '../stats-error.ts';

export interface Sample {
  /** Milliseconds since 1970-01-01 UTC, or since any other instant that is the same for all series compared. */
  readonly atMs: number;
  readonly value: number;
}

/** Samples in strictly ascending order of time; both columns have the same length. */
export interface Series {
  readonly atMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Both ends belong to it. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** @throws StatsError where columns differ in length, a number is not finite, or time does not ascend. */
export const checkSeries = ({ atMs, values }: Series): void => {
  if (atMs.length !== values.length)
    throw new StatsError('stats-lengths', `a series has ${atMs.length} times but ${values.length} values`);
  checkFinite(atMs, 'times of a series');
  checkFinite(values, 'values of a series');
  for (let index = 1; index < atMs.length; index++) {
    if ((atMs[index] as number) <= (atMs[index - 1] as number))
      throw new StatsError(
        'stats-series-order',
        `a series must ascend in time, but sample ${index + 1} is not after sample ${index}`,
        'sort the samples and keep one of each instant',
      );
  }
};

/** Sorts samples into a series; several samples of one instant become their mean. */
export const seriesOf = (samples: Iterable<Sample>): Series => {
  const sorted = [...samples].sort((a, b) => a.atMs - b.atMs);
  const atMs: number[] = [];
  const values: number[] = [];
  let same = 0;
  for (const sample of sorted) {
    const last = values.length - 1;
    if (last >= 0 && atMs[last] === sample.atMs) {
      same += 1;
      values[last] = at(values, last) + (sample.value - at(values, last)) / same;
    } else {
      same = 1;
      atMs.push(sample.atMs);
      values.push(sample.value);
    }
  }
  const series = { atMs: Float64Array.from(atMs), values: Float64Array.from(values) };
  checkSeries(series);
  return series;
};

/** The first place in ascending `times` that is at or after `ms`. */
const placeOf = (times: ArrayLike<number>, ms: number): number => {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(times, middle) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Places `[first, end)` of the samples inside a window. @throws StatsError when the window ends before it starts. */
export const placesInside = ({ atMs }: Series, { fromMs, toMs }: TimeWindow): { first: number; end: number } => {
  if (!(fromMs <= toMs)) throw new StatsError('stats-window', `the window ends (${toMs}) before it starts (${fromMs})`);
  const first = placeOf(atMs, fromMs);
  let end = placeOf(atMs, toMs);
  if (end < atMs.length && at(atMs, end) === toMs) end += 1;
  return { first, end };
};

/** The samples inside a window, or all. */
export const cutSeries = (series: Series, window?: TimeWindow): Series => {
  if (window === undefined) return series;
  const { first, end } = placesInside(series, window);
  const cut = (column: ArrayLike<number>): Float64Array =>
    Float64Array.from(Array.prototype.slice.call(column, first, end));
  return { atMs: cut(series.atMs), values: cut(series.values) };
};

/** From the first sample to the last, or undefined when there is none. */
export const spanOf = ({ atMs }: Series): TimeWindow | undefined =>
  atMs.length === 0 ? undefined : { fromMs: at(atMs, 0), toMs: at(atMs, atMs.length - 1) };
