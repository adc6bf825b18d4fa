// Mean, spread and skewness of relays' figures.
import { at, checkValues } from '../check.ts';

export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** With `n - 1`. */
  readonly variance: number;
  readonly min: number;
  readonly max: number;
}

/** @throws StatsError with fewer than two values. */
export const momentsOf = (values: ArrayLike<number>): Moments => {
  checkValues(values, 2, 'values of an arm');
  const count = values.length;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const value = at(values, index);
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  // Equal values have no spread at all, also where their sum is rounded.
  if (min === max) return { count, mean: min, variance: 0, min, max };
  const mean = sum / count;
  let squares = 0;
  for (let index = 0; index < count; index++) squares += (at(values, index) - mean) ** 2;
  return { count, mean, variance: squares / (count - 1), min, max };
};

/**
 * Adjusted Fisher-Pearson coefficient G1 (Joanes & Gill, "Comparing measures of sample skewness and kurtosis", 1998);
 * 0 when all values are equal. @throws StatsError with fewer than three values.
 */
export const skewnessOf = (values: ArrayLike<number>): number => {
  checkValues(values, 3, 'values of a skewness');
  const { count, mean, variance } = momentsOf(values);
  if (variance === 0) return 0;
  let cubes = 0;
  for (let index = 0; index < count; index++) cubes += (at(values, index) - mean) ** 3;
  const biased = cubes / count / ((variance * (count - 1)) / count) ** 1.5;
  return (biased * Math.sqrt(count * (count - 1))) / (count - 2);
};
