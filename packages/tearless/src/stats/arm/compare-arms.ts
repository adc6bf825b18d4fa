// What a report says of one arm against control: difference and ratio with intervals, or that there are too few relays.
import { checkValues } from '../check.ts';
import type { Random } from '../random/random.ts';
import { bootstrapT, type StudentisedFigure } from './bootstrap-t.ts';
import { defaultAlpha, fewestRelays, flaggedSkewness, type Interval } from './estimate.ts';
import { momentsOf, skewnessOf } from './moments.ts';
import { bearsRatio, type Comparison, welchDifference, welchRatio } from './welch.ts';

export interface FlaggedComparison extends Comparison {
  /** Bootstrap-t interval, where either arm's skewness passes 1. */
  readonly bootstrapT: Interval | undefined;
}

export type ArmComparison =
  | {
      readonly kind: 'interval';
      readonly difference: FlaggedComparison;
      /** Undefined where a figure is not positive. */
      readonly ratio: FlaggedComparison | undefined;
      /** Either arm's skewness passes 1. */
      readonly skewed: boolean;
    }
  | { readonly kind: 'too-few'; readonly relays: number; readonly controlRelays: number };

const studentisedDifference: StudentisedFigure = ([arm, control]) => {
  if (arm === undefined || control === undefined) return undefined;
  const a = momentsOf(arm);
  const b = momentsOf(control);
  return { figure: a.mean - b.mean, standardError: Math.sqrt(a.variance / a.count + b.variance / b.count) };
};

const studentisedLogRatio: StudentisedFigure = ([arm, control]) => {
  if (arm === undefined || control === undefined) return undefined;
  const a = momentsOf(arm);
  const b = momentsOf(control);
  if (a.mean <= 0 || b.mean <= 0) return undefined;
  const standardError = Math.sqrt(a.variance / a.count / a.mean ** 2 + b.variance / b.count / b.mean ** 2);
  return { figure: Math.log(a.mean / b.mean), standardError };
};

/**
 * Compares one figure per relay. `random` is drawn from only where a skewness passes 1.
 * @throws StatsError for values that are not finite.
 */
export const compareArms = (
  arm: ArrayLike<number>,
  control: ArrayLike<number>,
  random: Random,
  alpha = defaultAlpha,
): ArmComparison => {
  checkValues(arm, 0, 'values of an arm');
  checkValues(control, 0, 'values of the control');
  if (arm.length < fewestRelays || control.length < fewestRelays)
    return { kind: 'too-few', relays: arm.length, controlRelays: control.length };
  const skewed = [arm, control].some((values) => Math.abs(skewnessOf(values)) > flaggedSkewness);
  const beside = (figureOf: StudentisedFigure): Interval | undefined =>
    skewed ? bootstrapT([arm, control], figureOf, random, { alpha }) : undefined;
  const exponential = (interval: Interval | undefined): Interval | undefined =>
    interval && { low: Math.exp(interval.low), high: Math.exp(interval.high) };
  return {
    kind: 'interval',
    difference: { ...welchDifference(arm, control, alpha), bootstrapT: beside(studentisedDifference) },
    ratio: bearsRatio(arm, control)
      ? { ...welchRatio(arm, control, alpha), bootstrapT: exponential(beside(studentisedLogRatio)) }
      : undefined,
    skewed,
  };
};
