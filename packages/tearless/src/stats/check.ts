// What every statistic demands of its numbers. One bad number would turn all that follows into NaN, so it stops here.
import { Bug } from '../base/error.ts';
import { StatsError } from './stats-error.ts';

/**
 * `values[index]`, for loops whose bounds are known to be right: an index outside is a mistake of ours. Loops over all
 * samples of an experiment read their columns directly instead: one function that reads every kind of column is slow.
 */
export const at = (values: ArrayLike<number>, index: number): number => {
  const value = values[index];
  if (value === undefined) throw new Bug(`index ${index} is outside of ${values.length} numbers`);
  return value;
};

/** @throws StatsError `stats-not-finite` that names the first offender. */
export const checkFinite = (values: ArrayLike<number>, what: string): void => {
  const { length } = values;
  for (let index = 0; index < length; index++) {
    if (!Number.isFinite(values[index]))
      throw new StatsError(
        'stats-not-finite',
        `${what}: number ${index + 1} of ${values.length} is ${values[index]}`,
        'leave out what was not measured before asking for statistics',
      );
  }
};

/** Finite, and at least `minimum` of them. @throws StatsError `stats-too-few`, `stats-not-finite`. */
export const checkValues = (values: ArrayLike<number>, minimum: number, what: string): void => {
  if (values.length < minimum)
    throw new StatsError('stats-too-few', `${what}: ${values.length} given, at least ${minimum} are needed`);
  checkFinite(values, what);
};

/** `low <= value <= high`. @throws StatsError `stats-out-of-range`. */
export const checkRange = (value: number, low: number, high: number, what: string): void => {
  if (!(value >= low && value <= high))
    throw new StatsError('stats-out-of-range', `${what} is ${value}; it must lie from ${low} to ${high}`);
};

/** Strictly between 0 and 1. @throws StatsError `stats-out-of-range`. */
export const checkProbability = (value: number, what: string): void => {
  if (!(value > 0 && value < 1))
    throw new StatsError('stats-out-of-range', `${what} is ${value}; it must lie strictly between 0 and 1`);
};

/** A whole number from `minimum` on. @throws StatsError `stats-out-of-range`. */
export const checkCount = (value: number, minimum: number, what: string): void => {
  if (!Number.isSafeInteger(value) || value < minimum)
    throw new StatsError('stats-out-of-range', `${what} is ${value}; it must be a whole number of at least ${minimum}`);
};
