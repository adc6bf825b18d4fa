// What a template looks at besides memory, arm by arm and against control. As assigned: every relay of an arm counts, since leaving
// one out for what its treatment did would be the mistake. From before the first relay got its treatment: what that costs is what is
// asked for, so there is no warm-up to wait for. Pure.
import type { OutcomeArm, ReportOutcome } from '../../report/experiment/experiment-report.ts';
import { fewestRelays } from '../../stats/arm/estimate.ts';
import { at } from '../../stats/check.ts';
import { holm } from '../../stats/hypothesis/holm.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import type { TimeWindow } from '../../stats/series/series.ts';
import { adjustedPValues } from '../analysis/adjusted-p.ts';
import { estimateArm, estimateVersus } from '../analysis/estimates.ts';
import { reportWindow } from '../analysis/words.ts';
import type { Measurements } from '../model/measurements.ts';
import type { Outcome } from './outcome.ts';

export interface OutcomeOptions {
  readonly window: TimeWindow;
  /** Id of the arm that the others are compared with; undefined: none is compared. */
  readonly control: string | undefined;
  /** Any text; the same text gives the same figures. */
  readonly seed: string;
}

export interface RelayOutcome {
  readonly relay: string;
  readonly value: number;
  readonly block?: string;
}

/** Figures of the relays of an arm that have one. */
export const measureOutcome = (
  measurements: Measurements,
  outcome: Outcome,
  arm: string,
  window: TimeWindow,
): RelayOutcome[] =>
  measurements.relays.flatMap(({ id, arm: own, block }, index): RelayOutcome[] => {
    const value = own === arm ? outcome.figureOf(measurements, index, window) : undefined;
    if (value === undefined) return [];
    return [block === undefined ? { relay: id, value } : { relay: id, value, block }];
  });

/** Samples have the time of their host, whose clock may be so far behind the one that the start was written down by. */
const clockSlackMs = 5_000;

/** The start takes samples when it begins: the first of them belongs to it, also where its host's clock is behind. */
const beginning = (beganMs: number, snapshots: Float64Array): number =>
  Math.min(beganMs, snapshots.find((ms) => ms >= beganMs - clockSlackMs) ?? beganMs);

/** From when the start began, as far as it is known, to the last sample of any relay. */
export const outcomeWindow = (
  { info, snapshots }: Measurements,
  asked: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined },
): TimeWindow => ({
  fromMs:
    asked.fromMs ??
    (info.beganMs === undefined ? undefined : beginning(info.beganMs, snapshots)) ??
    info.startMs ??
    snapshots[0] ??
    0,
  toMs: asked.toMs ?? snapshots.at(-1) ?? 0,
});

const limitationOf = (relays: number, assigned: number): string | null => {
  if (relays === 0) return 'no relay of it was measured enough';
  const measured = relays === assigned ? '' : `${assigned - relays} of ${assigned} relays were not measured enough`;
  const few = relays < fewestRelays ? `fewer than ${fewestRelays} relays: no interval` : '';
  return [measured, few].filter(Boolean).join('; ') || null;
};

/** @returns one for each outcome, in their order; p values are adjusted over arms by max-t and over outcomes by Holm */
export const compareOutcomes = (
  measurements: Measurements,
  outcomes: readonly Outcome[],
  { window, control, seed }: OutcomeOptions,
): ReportOutcome[] => {
  const { info, relays } = measurements;
  const figures = outcomes.map((outcome) => ({
    outcome,
    byArm: new Map(info.arms.map(({ id }) => [id, measureOutcome(measurements, outcome, id, window)])),
  }));
  const tested = figures.map(({ outcome, byArm }) => {
    const controlUnits = control === undefined ? [] : (byArm.get(control) ?? []);
    const arms = info.arms.flatMap(({ id }) =>
      id === control || control === undefined ? [] : [{ arm: id, window, units: byArm.get(id) ?? [], controlUnits }],
    );
    return adjustedPValues(arms, `${seed}/outcome/${outcome.id}`, new Map());
  });
  /** Of one arm, by outcome. */
  const overOutcomes = (arm: string): (number | null)[] => {
    const known = tested.flatMap((byArm, index) => {
      const p = byArm.get(arm);
      return p === undefined ? [] : [{ index, p }];
    });
    const adjusted = holm(known.map(({ p }) => p));
    return outcomes.map((_, index) => {
      const place = known.findIndex((one) => one.index === index);
      return place === -1 ? null : at(adjusted, place);
    });
  };
  const adjusted = new Map(info.arms.map(({ id }) => [id, overOutcomes(id)]));
  return figures.map(({ outcome, byArm }, index): ReportOutcome => {
    const { id, title, unit, better, definition } = outcome;
    const valuesOf = (arm: string): number[] => (byArm.get(arm) ?? []).map(({ value }) => value);
    const arms = info.arms.map(({ id: arm }): OutcomeArm => {
      const values = valuesOf(arm);
      const assigned = relays.filter((relay) => relay.arm === arm).length;
      const isCompared = control !== undefined && arm !== control;
      const versus = isCompared
        ? estimateVersus(values, valuesOf(control), randomFromSeed(`${seed}/outcome/${id}/${arm}`))
        : null;
      return {
        arm,
        relays: values.length,
        mean: estimateArm(values, randomFromSeed(`${seed}/outcome/${id}/mean/${arm}`), 0),
        versusControl: versus === null ? null : { ...versus, adjustedP: adjusted.get(arm)?.[index] ?? null },
        limitation: limitationOf(values.length, assigned),
      };
    });
    return { id, title, unit, better, definition, window: reportWindow(window), arms };
  });
};
