// Statistics as the report writes them: nothing that is not a finite number, raw values where there are few relays.
import type { ArmEstimate } from '../../report/experiment/experiment-report.ts';
import { armMean } from '../../stats/arm/arm-mean.ts';
import { compareArms, type FlaggedComparison } from '../../stats/arm/compare-arms.ts';
import type { Interval } from '../../stats/arm/estimate.ts';
import type { Random } from '../../stats/random/random.ts';

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Few relays and much skew can make resamples with hardly any spread, and ends of the interval that cannot be. */
const possible = (interval: Interval | undefined, least: number): Pick<ArmEstimate, 'bootstrapT'> =>
  interval === undefined ? {} : { bootstrapT: interval.low < least ? null : interval };

/**
 * @param least the least that a mean can be: 0 for memory
 * @returns null for no values; no interval below five
 */
export const estimateArm = (values: readonly number[], random: Random, least = -Infinity): ArmEstimate | null => {
  if (values.length === 0) return null;
  const estimate = armMean(values, random);
  if (estimate.kind === 'raw') return { mean: meanOf(values), low: null, high: null, values: estimate.values };
  const { mean, low, high, bootstrapT } = estimate;
  return { mean, low, high, ...possible(bootstrapT, least) };
};

const withInterval = ({ mean, low, high, bootstrapT }: FlaggedComparison, least: number): ArmEstimate => ({
  mean,
  low,
  high,
  ...possible(bootstrapT, least),
});

/** Difference and ratio of two arms' means; no interval where either has fewer than five relays, null without any. */
export const estimateVersus = (
  arm: readonly number[],
  control: readonly number[],
  random: Random,
): { readonly ratio: ArmEstimate | null; readonly difference: ArmEstimate } | null => {
  if (arm.length === 0 || control.length === 0) return null;
  const compared = compareArms(arm, control, random);
  if (compared.kind === 'interval')
    return {
      difference: withInterval(compared.difference, -meanOf(control)),
      ratio: compared.ratio === undefined ? null : withInterval(compared.ratio, 0),
    };
  const bare = (mean: number): ArmEstimate => ({ mean, low: null, high: null });
  const bearsRatio = [...arm, ...control].every((value) => value > 0);
  return {
    difference: bare(meanOf(arm) - meanOf(control)),
    ratio: bearsRatio ? bare(meanOf(arm) / meanOf(control)) : null,
  };
};
