// What a template looks at besides memory, at the level that this look may use: from the start of the experiment, as assigned.
import { fewestRelays } from '../../stats/arm/estimate.ts';
import { welchDifference } from '../../stats/arm/welch.ts';
import type { TimeWindow } from '../../stats/series/series.ts';
import type { Measurements } from '../model/measurements.ts';
import { measureOutcome } from '../outcomes/compare-outcomes.ts';
import type { Outcome } from '../outcomes/outcome.ts';
import type { WatchedOutcome } from './look.ts';

type OutcomeOfArm = WatchedOutcome['arms'][number];

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

type Difference = Pick<OutcomeOfArm, 'difference' | 'low' | 'high' | 'toldApart' | 'limitation'>;

const differAt = (arm: readonly number[], control: readonly number[], nominalAlpha: number): Difference => {
  const [own, other] = [meanOf(arm), meanOf(control)];
  const nothing = { difference: null, low: null, high: null, toldApart: false };
  if (own === null || other === null) return { ...nothing, limitation: 'not measured enough yet' };
  const bare = { ...nothing, difference: own - other };
  if (arm.length < fewestRelays || control.length < fewestRelays)
    return { ...bare, limitation: `fewer than ${fewestRelays} relays on a side: no interval, no decision` };
  if (nominalAlpha === 0) return { ...bare, limitation: 'too early to decide anything' };
  const { mean, low, high, p } = welchDifference(arm, control, nominalAlpha);
  return { difference: mean, low, high, toldApart: p < nominalAlpha, limitation: null };
};

/** @param control its id; it has no difference */
export const watchOutcomes = (
  measurements: Measurements,
  outcomes: readonly Outcome[],
  at: { readonly window: TimeWindow; readonly control: string; readonly nominalAlpha: number },
): WatchedOutcome[] =>
  outcomes.map((outcome): WatchedOutcome => {
    const valuesOf = (arm: string): number[] =>
      measureOutcome(measurements, outcome, arm, at.window).map(({ value }) => value);
    const against = valuesOf(at.control);
    const { id, title, unit } = outcome;
    const arms = measurements.info.arms.map(({ id: arm }): OutcomeOfArm => {
      const values = arm === at.control ? against : valuesOf(arm);
      const told = { arm, relays: values.length, mean: meanOf(values) };
      return arm === at.control
        ? { ...told, difference: null, low: null, high: null, toldApart: false, limitation: null }
        : { ...told, ...differAt(values, against, at.nominalAlpha) };
    });
    return { id, title, unit, arms };
  });
