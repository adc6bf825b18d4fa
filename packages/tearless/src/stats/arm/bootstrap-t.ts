// Bootstrap-t intervals, for arms whose relays are skewed (Efron & Tibshirani, "An Introduction to the Bootstrap",
// 1993, chapter 12.5). Unlike a percentile bootstrap it is not too narrow with ten relays.
import { at, checkCount, checkProbability, checkValues } from '../check.ts';
import type { Random } from '../random/random.ts';
import type { Interval } from './estimate.ts';

/** A figure of one or several groups and its standard error. */
export interface Studentised {
  readonly figure: number;
  readonly standardError: number;
}

/** Figure and standard error from the groups' values; `undefined` where a resample does not bear one. */
export type StudentisedFigure = (groups: readonly Float64Array[]) => Studentised | undefined;

export const defaultResamples = 1_999;

/**
 * Draws relays with replacement in each group, and takes the quantiles of `(figure* - figure) / standardError*`.
 * Resamples without spread are drawn anew.
 *
 * @returns undefined when the figure itself has no standard error, or more than nine resamples of ten have none.
 * @throws StatsError with fewer than two values in a group.
 */
export const bootstrapT = (
  groups: readonly ArrayLike<number>[],
  figureOf: StudentisedFigure,
  random: Random,
  { alpha = 0.05, resamples = defaultResamples }: { readonly alpha?: number; readonly resamples?: number } = {},
): Interval | undefined => {
  checkProbability(alpha, 'alpha');
  checkCount(resamples, 99, 'the number of resamples');
  for (const group of groups) checkValues(group, 2, 'values of a group');
  const originals = groups.map((group) => Float64Array.from(group));
  const observed = figureOf(originals);
  if (observed === undefined || observed.standardError <= 0) return undefined;
  const drawn = originals.map((group) => new Float64Array(group.length));
  const pivots = new Float64Array(resamples);
  let found = 0;
  for (let tries = 0; found < resamples; tries++) {
    if (tries >= 10 * resamples) return undefined;
    for (const [index, group] of originals.entries()) {
      const target = drawn[index] ?? group;
      for (let place = 0; place < group.length; place++) target[place] = at(group, random.below(group.length));
    }
    const figure = figureOf(drawn);
    if (figure === undefined || figure.standardError <= 0) continue;
    pivots[found++] = (figure.figure - observed.figure) / figure.standardError;
  }
  pivots.sort();
  const tail = Math.max(0, Math.floor(((resamples + 1) * alpha) / 2) - 1);
  return {
    low: observed.figure - at(pivots, resamples - 1 - tail) * observed.standardError,
    high: observed.figure - at(pivots, tail) * observed.standardError,
  };
};
