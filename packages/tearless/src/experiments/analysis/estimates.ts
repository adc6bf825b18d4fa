// Statistics as the report writes them: nothing that is not a finite number, raw values where there are few relays.
import type { ArmEstimate } from '../../report/experiment/experiment-report.ts';
import { armMean } from '../../stats/arm/arm-mean.ts';
import { compareArms, type FlaggedComparison } from '../../stats/arm/compare-arms.ts';
import type { Random } from '../../stats/random/random.ts';

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @returns null for no values; no interval below five. */
export const estimateArm = (values: readonly number[], random: Random): ArmEstimate | null => {
  if (values.length === 0) return null;
  const estimate = armMean(values, random);
  if (estimate.kind === 'raw') return { mean: meanOf(values), low: null, high: null, values: estimate.values };
  const { mean, low, high, bootstrapT } = estimate;
  return { mean, low, high, ...(bootstrapT === undefined ? {} : { bootstrapT }) };
};

const withInterval = ({ mean, low, high, bootstrapT }: FlaggedComparison): ArmEstimate => ({
  mean,
  low,
  high,
  ...(bootstrapT === undefined ? {} : { bootstrapT }),
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
      difference: withInterval(compared.difference),
      ratio: compared.ratio === undefined ? null : withInterval(compared.ratio),
    };
  const bare = (mean: number): ArmEstimate => ({ mean, low: null, high: null });
  const bearsRatio = [...arm, ...control].every((value) => value > 0);
  return {
    difference: bare(meanOf(arm) - meanOf(control)),
    ratio: bearsRatio ? bare(meanOf(arm) / meanOf(control)) : null,
  };
};
