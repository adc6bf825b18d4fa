// The mean of one arm. The unit is the relay: each value handed in is one relay's figure over the window.
import { checkProbability, checkValues } from '../check.ts';
import { studentUpperQuantile } from '../distribution/student-t.ts';
import type { Random } from '../random/random.ts';
import { bootstrapT, type StudentisedFigure } from './bootstrap-t.ts';
import { defaultAlpha, type Estimate, fewestRelays, flaggedSkewness, type Interval } from './estimate.ts';
import { momentsOf, skewnessOf } from './moments.ts';

export interface ArmMean extends Estimate {
  readonly kind: 'interval';
  readonly relays: number;
  readonly skewness: number;
  /** Where the skewness passes 1: the interval to read beside the t interval. */
  readonly bootstrapT: Interval | undefined;
  /** True where the skewness passes 1: the t interval may cover less than it says. */
  readonly skewed: boolean;
}

/** Too few relays for an interval: their figures, smallest first. */
export interface RawValues {
  readonly kind: 'raw';
  readonly relays: number;
  readonly values: readonly number[];
}

/** `mean ± t * s / sqrt(n)` with `n - 1` degrees of freedom. @throws StatsError with fewer than two values. */
export const meanInterval = (values: ArrayLike<number>, alpha = defaultAlpha): Estimate => {
  checkProbability(alpha, 'alpha');
  const { count, mean, variance } = momentsOf(values);
  const standardError = Math.sqrt(variance / count);
  const degreesOfFreedom = count - 1;
  const half = standardError * studentUpperQuantile(alpha / 2, degreesOfFreedom);
  return { mean, low: mean - half, high: mean + half, standardError, degreesOfFreedom };
};

const studentisedMean: StudentisedFigure = ([values]) => {
  if (values === undefined) return undefined;
  const { count, mean, variance } = momentsOf(values);
  return { figure: mean, standardError: Math.sqrt(variance / count) };
};

/** Bootstrap-t interval of a mean; undefined when the values have no spread. */
export const bootstrapMean = (
  values: ArrayLike<number>,
  random: Random,
  options: { readonly alpha?: number; readonly resamples?: number } = {},
): Interval | undefined => bootstrapT([values], studentisedMean, random, options);

/**
 * The arm's mean with a t interval from five relays on, else its raw values. `random` is drawn from only where the
 * skewness passes 1. @throws StatsError for values that are not finite.
 */
export const armMean = (values: ArrayLike<number>, random: Random, alpha = defaultAlpha): ArmMean | RawValues => {
  checkValues(values, 0, 'values of an arm');
  const relays = values.length;
  if (relays < fewestRelays) return { kind: 'raw', relays, values: Array.from(values).sort((a, b) => a - b) };
  const skewness = skewnessOf(values);
  const skewed = Math.abs(skewness) > flaggedSkewness;
  return {
    kind: 'interval',
    relays,
    ...meanInterval(values, alpha),
    skewness,
    skewed,
    bootstrapT: skewed ? bootstrapMean(values, random, { alpha }) : undefined,
  };
};
