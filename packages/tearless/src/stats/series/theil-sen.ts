// Growth of one relay: the median of the slopes between all pairs of samples (Theil, 1950; Sen, "Estimates of the
// regression coefficient based on Kendall's tau", 1968). It shrugs off outliers up to 29 % of the samples.
import { at } from '../check.ts';
import { medianInPlace } from './select.ts';
import { cutSeries, type Series, type TimeWindow } from './series.ts';
import { thinSeries } from './time-bins.ts';

export const dayMs = 86_400_000;

/** Up to so many samples all pairs are compared. */
const exactLimit = 1_024;
/** Above it, so many equal bins of time stand for the samples: 131,000 slopes, however long the series. */
const binCount = 512;

export interface TheilSen {
  /** In the series' unit per day. */
  readonly slopePerDay: number;
  /** Median of `value - slope * time`: the line's value at the first sample. */
  readonly valueAtStart: number;
  readonly samples: number;
  /** How many bins of time stood for the samples, or undefined when every pair of samples was compared. */
  readonly bins: number | undefined;
}

const pairSlopes = ({ atMs, values }: Series): Float64Array => {
  const n = atMs.length;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let place = 0;
  for (let later = 1; later < n; later++) {
    const time = at(atMs, later);
    const value = at(values, later);
    for (let earlier = 0; earlier < later; earlier++)
      slopes[place++] = (value - (values[earlier] as number)) / (time - (atMs[earlier] as number));
  }
  return slopes;
};

/**
 * Slope of a series, exact over all pairs up to 1,024 samples; beyond, over the median time and median value of 512
 * equal bins of time, so that the cost is linear in the samples.
 *
 * @returns undefined with fewer than two samples inside the window. @throws StatsError for a series that is none.
 */
export const theilSen = (series: Series, window?: TimeWindow): TheilSen | undefined => {
  const inside = cutSeries(series, window);
  const samples = inside.atMs.length;
  const points = thinSeries(inside, samples > exactLimit ? binCount : exactLimit);
  if (points.atMs.length < 2) return undefined;
  const slope = medianInPlace(pairSlopes(points));
  const start = at(points.atMs, 0);
  const levels = Float64Array.from(points.values, (value, index) => value - slope * (at(points.atMs, index) - start));
  return {
    slopePerDay: slope * dayMs,
    valueAtStart: medianInPlace(levels),
    samples,
    bins: samples > exactLimit ? points.atMs.length : undefined,
  };
};
