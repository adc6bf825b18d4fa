// Does a series repeat itself, and after how long? Relays that restart on a schedule are a sawtooth, and only whole
// cycles have a fair mean. Where restarts are known, their distance is the better period.
import { at, checkRange } from '../check.ts';
import { median } from './select.ts';
import { checkSeries, cutSeries, type Series, spanOf, type TimeWindow } from './series.ts';
import { dayMs, theilSen } from './theil-sen.ts';
import { binSeries } from './time-bins.ts';

export interface Period {
  readonly periodMs: number;
  /** Autocorrelation at the period, without the trend: 1 repeats exactly. */
  readonly correlation: number;
  /** Periods that fit into the samples. */
  readonly cycles: number;
}

const mostBins = 1_024;
const fewestCycles = 3;
/** Autocorrelation that a period must reach, and how far it must rise from the trough before it. */
const lowestCorrelation = 0.35;
const lowestRise = 0.7;

/**
 * The highest peak of the autocorrelation after its first trough, at equal bins of time (pairs with an empty bin are
 * left out), trend removed by Theil-Sen. Of peaks nearly as high, the one at the shortest lag: multiples of a period
 * repeat as well.
 *
 * @returns undefined when nothing repeats at least three times. @throws StatsError for a series that is none.
 */
export const findPeriod = (series: Series, window?: TimeWindow): Period | undefined => {
  checkSeries(series);
  const inside = cutSeries(series, window);
  const span = spanOf(inside);
  const trend = theilSen(inside);
  if (span === undefined || trend === undefined || inside.atMs.length < 4 * fewestCycles) return undefined;
  const steps = Array.from({ length: inside.atMs.length - 1 }, (_, i) => at(inside.atMs, i + 1) - at(inside.atMs, i));
  const spanMs = span.toMs - span.fromMs;
  const count = Math.min(mostBins, Math.round(spanMs / median(steps)) + 1);
  if (count < 4 * fewestCycles) return undefined;
  // Half a bin on either side, so that evenly spaced samples fall into the middle of their bins.
  const halfMs = spanMs / (count - 1) / 2;
  const grid = { fromMs: span.fromMs - halfMs, toMs: span.toMs + halfMs };
  const { bins, widthMs } = binSeries(inside, grid, count);
  const flat = bins.map((value, bin) =>
    value === undefined ? undefined : value - (trend.slopePerDay / dayMs) * bin * widthMs,
  );
  const correlations = autocorrelations(flat, Math.floor(count / fewestCycles) + 1);
  const lag = findPeak(correlations);
  if (lag === undefined) return undefined;
  const periodMs = refinePeak(correlations, lag) * widthMs;
  return { periodMs, correlation: at(correlations, lag), cycles: spanMs / periodMs };
};

/** Correlation of values with those `lag` bins later, from lag 0; 0 where nothing spreads. */
const autocorrelations = (bins: readonly (number | undefined)[], lags: number): number[] => {
  const values = bins.filter((value) => value !== undefined);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Array.from({ length: lags + 1 }, (_, lag) => {
    let sum = 0;
    let pairs = 0;
    for (let bin = lag; bin < bins.length; bin++) {
      const now = bins[bin];
      const before = bins[bin - lag];
      if (now === undefined || before === undefined) continue;
      sum += (now - mean) * (before - mean);
      pairs += 1;
    }
    return pairs === 0 || variance === 0 ? 0 : sum / pairs / variance;
  });
};

const findPeak = (correlations: readonly number[]): number | undefined => {
  const peaks: { lag: number; height: number }[] = [];
  let trough = 1;
  for (let lag = 1; lag < correlations.length - 1; lag++) {
    const height = at(correlations, lag);
    trough = Math.min(trough, height);
    const isPeak = height >= at(correlations, lag - 1) && height > at(correlations, lag + 1);
    if (isPeak && height >= lowestCorrelation && height - trough >= lowestRise) peaks.push({ lag, height });
  }
  const highest = Math.max(...peaks.map(({ height }) => height));
  return peaks.find(({ height }) => height >= 0.85 * highest)?.lag;
};

/** The top of the parabola through a peak and its neighbours, in bins. */
const refinePeak = (correlations: readonly number[], lag: number): number => {
  const [before, top, after] = [at(correlations, lag - 1), at(correlations, lag), at(correlations, lag + 1)];
  const bend = before - 2 * top + after;
  return bend === 0 ? lag : lag + (before - after) / (2 * bend);
};

/** The latest part of a window that holds whole cycles only; the window itself when it is shorter than one. */
export const wholeCycles = ({ fromMs, toMs }: TimeWindow, periodMs: number): TimeWindow => {
  checkRange(periodMs, Number.MIN_VALUE, Number.MAX_VALUE, 'the period');
  const cycles = Math.floor(((toMs - fromMs) / periodMs) * (1 + 1e-9));
  return cycles < 1 ? { fromMs, toMs } : { fromMs: Math.max(fromMs, toMs - cycles * periodMs), toMs };
};
