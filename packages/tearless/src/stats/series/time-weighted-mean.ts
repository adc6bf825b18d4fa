// One figure for one relay: the mean of its samples over a window, each weighted by the time that it stands for.
import { at } from '../check.ts';
import { checkSeries, placesInside, type Series, type TimeWindow } from './series.ts';

export interface TimeWeightedMean {
  readonly mean: number;
  readonly samples: number;
  /** From the first to the last sample used; 0 for a single sample, which then is the mean. */
  readonly coveredMs: number;
}

/**
 * The area under the straight lines between samples (trapezoid rule), divided by the time from the first to the last
 * sample inside the window. Nothing is extended beyond the samples, and samples outside of the window have no influence.
 *
 * @returns undefined when no sample lies inside. @throws StatsError for a series that is none.
 */
export const timeWeightedMean = (series: Series, window?: TimeWindow): TimeWeightedMean | undefined => {
  checkSeries(series);
  const { atMs, values } = series;
  const { first, end } = window === undefined ? { first: 0, end: atMs.length } : placesInside(series, window);
  const samples = end - first;
  if (samples <= 0) return undefined;
  const coveredMs = at(atMs, end - 1) - at(atMs, first);
  if (samples === 1) return { mean: at(values, first), samples, coveredMs };
  // Relative to the first value: sums of large figures with small differences keep their digits.
  const base = at(values, first);
  let area = 0;
  for (let index = first + 1; index < end; index++) {
    const width = (atMs[index] as number) - (atMs[index - 1] as number);
    area += (width * ((values[index] as number) - base + ((values[index - 1] as number) - base))) / 2;
  }
  return { mean: base + area / coveredMs, samples, coveredMs };
};
