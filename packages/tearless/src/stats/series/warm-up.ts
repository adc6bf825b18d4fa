// After a start, memory grows fast and then settles: when has an arm settled, and did it grow fast at all?
//
// Evidence: per relay, its growth in an early part of the window minus its growth in the last half, and a one-sided t
// test of these differences over relays, which are independent where samples of a relay are not. The early part is half,
// a quarter, an eighth, ... of the window; the smallest p counts, multiplied by the number of parts (Bonferroni).
// Steady growth gives no difference, so a leak is no warm-up.
//
// Place: the arm's mean curve falls short of the line through its last half; settled is when the shortfall stays below
// a twentieth of what it was at first.
import { meanInterval } from '../arm/arm-mean.ts';
import { defaultAlpha, type Estimate, fewestRelays } from '../arm/estimate.ts';
import { at, checkProbability } from '../check.ts';
import { studentCdf } from '../distribution/student-t.ts';
import { StatsError } from '../stats-error.ts';
import { alignSeries } from './aligned.ts';
import { fitLine } from './line.ts';
import type { Series, TimeWindow } from './series.ts';
import { dayMs } from './theil-sen.ts';

export interface WarmUp {
  /** Of no faster growth at first; adjusted for the early parts tried. */
  readonly p: number;
  /** Where p is below alpha: the first instant from which the arm counts as settled. Else the start of the window. */
  readonly settledMs: number;
  /** Mean growth over relays in the early part that differs most, in the series' unit per day. */
  readonly earlyGrowthPerDay: number;
  /** Growth in the last half of the window; an interval above 0 says that the arm has not stopped growing. */
  readonly lateGrowthPerDay: Estimate;
  /** Relays that were used; others have too few samples in the window. */
  readonly relays: number;
}

const mostBins = 64;
const fewestPoints = 3;
/** Share of the first shortfall at which the arm counts as settled. */
const settledShare = 0.05;

/** One-sided p value of a mean above 0; without any spread, 0 or 1 by its sign. */
const aboveZero = (values: readonly number[]): number => {
  const { mean, standardError, degreesOfFreedom } = meanInterval(values);
  if (standardError === 0) return mean > 0 ? 0 : 1;
  return studentCdf(-mean / standardError, degreesOfFreedom);
};

/** Numbers of points of the early parts: half of the window, a quarter, and so on. */
const earlyParts = (points: number): number[] => {
  const parts: number[] = [];
  for (let part = points >> 1; part >= fewestPoints; part >>= 1) parts.push(part);
  return parts;
};

const settledAt = (atMs: readonly number[], curve: readonly number[], window: TimeWindow): number => {
  const half = curve.length >> 1;
  const late = fitLine(atMs, curve, half);
  const shortfall = curve.map((value, index) => late.valueAt(at(atMs, index)) - value);
  const residuals = shortfall.slice(half);
  const noise = Math.sqrt(residuals.reduce((sum, rest) => sum + rest * rest, 0) / residuals.length);
  const tolerance = Math.max(settledShare * Math.abs(at(shortfall, 0)), 2 * noise);
  const lastShort = shortfall.slice(0, half).findLastIndex((missing) => missing > tolerance);
  if (lastShort === -1) return window.fromMs;
  return (at(atMs, lastShort) + at(atMs, lastShort + 1)) / 2;
};

/**
 * Judges one arm over a window that starts with its relays' start; restart arms, which never settle, are not for it.
 *
 * @returns undefined with fewer than five relays, or fewer than twelve common instants: nothing can be said.
 * @throws StatsError for series that are none, or a window without length.
 */
export const findWarmUp = (relays: readonly Series[], window: TimeWindow, alpha = defaultAlpha): WarmUp | undefined => {
  checkProbability(alpha, 'alpha');
  if (!(window.fromMs < window.toMs)) throw new StatsError('stats-window', 'the window for a warm-up has no length');
  const lengths = relays.map(({ atMs }) => atMs.length);
  const count = Math.min(mostBins, Math.max(2, ...lengths));
  const { atMs, rows } = alignSeries(relays, window, count);
  if (rows.length < fewestRelays || atMs.length < 4 * fewestPoints) return undefined;
  const half = atMs.length >> 1;
  const slope = (row: readonly number[], first: number, end: number): number =>
    fitLine(atMs, row, first, end).slope * dayMs;
  const late = rows.map((row) => slope(row, half, atMs.length));
  const parts = earlyParts(atMs.length).map((part) => {
    const early = rows.map((row) => slope(row, 0, part));
    const p = aboveZero(early.map((growth, relay) => growth - at(late, relay)));
    return { p, growth: early.reduce((sum, growth) => sum + growth, 0) / rows.length };
  });
  const best = parts.reduce((a, b) => (b.p < a.p ? b : a));
  const p = Math.min(1, best.p * parts.length);
  const curve = atMs.map((_, bin) => rows.reduce((sum, row) => sum + at(row, bin), 0) / rows.length);
  return {
    p,
    settledMs: p < alpha ? settledAt(atMs, curve, window) : window.fromMs,
    earlyGrowthPerDay: best.growth,
    lateGrowthPerDay: meanInterval(late, alpha),
    relays: rows.length,
  };
};
