// Takes a look: figures of relays up to now, each arm against control at the level that this look may use, and guardrails.
// The method is named in every result: Lan–DeMets alpha spending after O'Brien & Fleming over the planned time.

import { fewestRelays } from '../../stats/arm/estimate.ts';
import { bearsRatio, welchRatio } from '../../stats/arm/welch.ts';
import { type GuardrailArm, judgeGuardrails } from '../analysis/guardrails.ts';
import { relayFigures } from '../analysis/relay-figures.ts';
import { chooseWindow, relaysByArm } from '../analysis/window.ts';
import { DesignError } from '../design/design-error.ts';
import type { Measurements } from '../model/measurements.ts';
import { outcomeWindow } from '../outcomes/compare-outcomes.ts';
import { outcomesOf } from '../outcomes/templates.ts';
import { adviseOn } from './advice.ts';
import { fractionAt, isNewLook, type LookLevels, levelsOf, type WatchPlan } from './levels.ts';
import type { Look, WatchedArm } from './look.ts';
import { watchOutcomes } from './watch-outcomes.ts';

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

type Comparison = Pick<WatchedArm, 'ratio' | 'low' | 'high' | 'toldApart' | 'limitation'>;

/** The ratio of means with its interval at this look's level: it excludes 1 exactly where the test at that level says so. */
export const compareAtLevel = (
  arm: readonly number[],
  control: readonly number[],
  nominalAlpha: number,
): Comparison => {
  const nothing = { ratio: null, low: null, high: null, toldApart: false };
  const [own, other] = [mean(arm), mean(control)];
  if (own === null || other === null) return { ...nothing, limitation: 'no relay of it was measured yet' };
  const bare = { ...nothing, ratio: other > 0 ? own / other : null };
  if (arm.length < fewestRelays || control.length < fewestRelays)
    return { ...bare, limitation: `fewer than ${fewestRelays} relays on a side: no interval, no decision` };
  if (nominalAlpha === 0) return { ...bare, limitation: 'too early to decide anything' };
  if (!bearsRatio(arm, control)) return { ...bare, limitation: 'a figure is not positive: there is no ratio' };
  const { mean: ratio, low, high, p } = welchRatio(arm, control, nominalAlpha);
  return { ratio, low, high, toldApart: p < nominalAlpha, limitation: null };
};

/** The newest instant of a sample of a relay that is in an arm. */
export const newestSampleMs = ({ relays, samples }: Measurements): number | undefined => {
  const newest = relays.flatMap(({ arm }, index) => (arm === undefined ? [] : (samples[index]?.atMs.at(-1) ?? [])));
  return newest.length === 0 ? undefined : Math.max(...newest);
};

/**
 * @param before looks that were taken, in order
 * @returns undefined when there is nothing new enough to look at: the last look then stands
 * @throws DesignError `experiment-no-control`; AnalysisError where there is nothing to analyse
 */
export const takeLook = (measurements: Measurements, plan: WatchPlan, before: readonly Look[]): Look | undefined => {
  const { info } = measurements;
  const controlIndex = info.arms.findIndex(({ id }) => id === info.control);
  const control = info.arms[controlIndex];
  if (control === undefined)
    throw new DesignError({
      kind: 'refused',
      code: 'experiment-no-control',
      message: `experiment ${info.id} names no control`,
      subject: info.id,
      hint: 'import it with --control ARM',
    });
  const dataMs = newestSampleMs(measurements);
  if (dataMs === undefined) return undefined;
  const fractions = before.map(({ fraction }) => fraction);
  const fraction = fractionAt(plan, dataMs);
  if (!isNewLook(fractions, fraction)) return undefined;
  const testsPerArm = 1 + outcomesOf(info.template).length;
  const levels = levelsOf([...fractions, fraction], info.arms.length - 1, testsPerArm);
  return lookAt(measurements, { dataMs, fraction, levels, controlIndex });
};

interface At {
  readonly dataMs: number;
  readonly fraction: number;
  readonly levels: LookLevels;
  readonly controlIndex: number;
}

const lookAt = (measurements: Measurements, { dataMs, fraction, levels, controlIndex }: At): Look => {
  const { info } = measurements;
  const relays = relaysByArm(measurements);
  const window = chooseWindow(measurements, { toMs: dataMs }, relays);
  const figuresOver = (index: number, over: { readonly fromMs: number; readonly toMs: number }): number[] =>
    relayFigures(relays[index] ?? [], over, { growth: false }).map(({ rssBytes }) => rssBytes);
  const guardOf = (index: number): GuardrailArm | undefined => {
    const own = window.arms[index];
    return own && { relays: relays[index] ?? [], window: own, restarted: own.cycle !== undefined };
  };
  const controlGuard = guardOf(controlIndex);
  const { nominalAlpha, spentAlpha, guardrailAlpha } = levels;
  const arms = info.arms.flatMap(({ id, name }, index): WatchedArm[] => {
    if (index === controlIndex) return [];
    const own = window.arms[index];
    const figures = own === undefined ? [] : figuresOver(index, own);
    // A late arm is compared with control over the arm's own time.
    const against = own === undefined ? [] : figuresOver(controlIndex, own);
    const guard = guardOf(index);
    return [
      {
        id,
        name,
        relays: figures.length,
        meanBytes: mean(figures),
        ...compareAtLevel(figures, against, nominalAlpha),
        guardrails:
          guard === undefined || controlGuard === undefined
            ? []
            : judgeGuardrails(measurements, guard, controlGuard, guardrailAlpha),
      },
    ];
  });
  const controlWindow = window.arms[controlIndex];
  const controlFigures = controlWindow === undefined ? [] : figuresOver(controlIndex, controlWindow);
  const seen = {
    dataMs,
    fraction,
    nominalAlpha,
    spentAlpha,
    guardrailAlpha,
    windowFromMs: window.fromMs,
    outcomes: watchOutcomes(measurements, outcomesOf(info.template), {
      window: outcomeWindow(measurements, { toMs: dataMs }),
      control: info.control ?? '',
      nominalAlpha,
    }),
    control: { id: info.control ?? '', relays: controlFigures.length, meanBytes: mean(controlFigures) },
    arms,
  };
  return { ...seen, ...adviseOn(seen) };
};
