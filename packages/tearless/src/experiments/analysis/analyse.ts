// The report of an experiment from its measurements and what the audit found: pure, the same from the same seed for ever.
import type { ArmFigures, ExperimentReport, ReportArm } from '../../report/experiment/experiment-report.ts';
import { formatMoment } from '../../report/experiment/figures.ts';
import type { TimeWindow } from '../../stats/series/series.ts';
import type { Finding, FindingCode } from '../audit/finding.ts';
import type { Measurements } from '../model/measurements.ts';
import { AnalysisError } from './analysis-error.ts';
import { armFigures, emptyFigures, type MeasuredArm } from './arm-figures.ts';
import { checkFiniteNumbers } from './check-finite.ts';
import { dataLimitations } from './data-limitations.ts';
import { chooseExclusions } from './exclusions.ts';
import { type GuardrailArm, judgeGuardrails } from './guardrails.ts';
import { armLimitations } from './limitations.ts';
import { type RelayFigures, relayFigures } from './relay-figures.ts';
import { reachVerdict } from './verdict.ts';
import { type AnalysisWindow, type ArmRelay, chooseWindow, emptyWindow, relaysByArm } from './window.ts';
import { reportWindow } from './words.ts';

export interface AnalysisOptions {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Codes whose exclusions make the clean figures; undefined: every code with a cause independent of memory. */
  readonly exclude?: readonly FindingCode[] | undefined;
  /** Id of the arm that the others are compared with; undefined: as the experiment says. */
  readonly control?: string | undefined;
  /** Any text; the same text gives the same report. */
  readonly seed: string;
}

/** A report and the figures of relays that it stands on. */
export interface Analysis {
  readonly report: ExperimentReport;
  readonly options: AnalysisOptions;
  readonly window: AnalysisWindow;
  /** By the index of `info.arms`. */
  readonly relays: readonly (readonly ArmRelay[])[];
  readonly figures: readonly (readonly RelayFigures[])[];
}

const chooseControl = ({ info }: Measurements, asked: string | undefined): string | undefined => {
  const control = asked ?? info.control;
  if (control === undefined || info.arms.some(({ id }) => id === control)) return control;
  throw new AnalysisError(
    'experiment-arm-unknown',
    `experiment ${info.id} has no arm ${control}`,
    `its arms are ${info.arms.map(({ id }) => id).join(', ')}`,
  );
};

/** Figures of control over windows that several arms share, each computed once. */
const controlOver = (relays: readonly ArmRelay[]): ((window: TimeWindow) => readonly RelayFigures[]) => {
  const known = new Map<string, readonly RelayFigures[]>();
  return (window) => {
    const key = `${window.fromMs}-${window.toMs}`;
    const found = known.get(key) ?? relayFigures(relays, window, { growth: false });
    known.set(key, found);
    return found;
  };
};

/** @throws AnalysisError where there is nothing to analyse. */
export const analyseInDetail = (
  measurements: Measurements,
  options: AnalysisOptions,
  findings: readonly Finding[],
): Analysis => {
  const { info } = measurements;
  const { seed, fromMs, toMs } = options;
  const control = chooseControl(measurements, options.control);
  const relays = relaysByArm(measurements);
  const window = chooseWindow(measurements, { fromMs, toMs, control }, relays);
  const exclusions = chooseExclusions(findings, options.exclude);
  const controlIndex = info.arms.findIndex(({ id }) => id === control);
  const controlFigures = controlOver(relays[controlIndex] ?? []);
  const figures = info.arms.map((_, index) => {
    const own = window.arms[index];
    return own === undefined ? [] : relayFigures(relays[index] ?? [], own);
  });
  const asked = fromMs !== undefined || toMs !== undefined;
  if (asked && figures.every((own) => own.length === 0))
    throw emptyWindow(
      `no sample lies between ${formatMoment(window.fromMs)} and ${formatMoment(window.toMs)}`,
      window.data,
    );
  const measured = info.arms.flatMap(({ id }, index): MeasuredArm[] => {
    const own = window.arms[index];
    if (own === undefined) return [];
    const compared = index === controlIndex || controlIndex === -1 ? undefined : controlFigures(own);
    return [{ arm: id, window: own, figures: figures[index] ?? [], controlFigures: compared }];
  });
  const blocks = new Map(measurements.relays.map(({ id, block }) => [id, block]));
  const shared = { seed, known: new Map<string, number>(), blockOf: (relay: string) => blocks.get(relay) };
  const asAssigned = armFigures(measured, {
    ...shared,
    isExcluded: () => false,
    withP: true,
  });
  const anyone = exclusions.byRelay.size > 0;
  const clean = anyone
    ? armFigures(measured, {
        ...shared,
        isExcluded: (relay) => exclusions.byRelay.has(relay),
        withP: exclusions.exploratory === undefined,
      })
    : asAssigned;
  const guarded = (index: number): GuardrailArm | undefined => {
    const own = window.arms[index];
    const kept = (relays[index] ?? []).filter(
      ({ id }) => exclusions.exploratory !== undefined || !exclusions.byRelay.has(id),
    );
    return own && { relays: kept, window: own, restarted: own.cycle !== undefined };
  };
  const controlGuard = guarded(controlIndex);
  const arms = info.arms.map(({ id, name }, index): ReportArm => {
    const own = window.arms[index];
    const sets: { asAssigned: ArmFigures; clean: ArmFigures } = {
      asAssigned: asAssigned.get(id) ?? emptyFigures,
      clean: clean.get(id) ?? emptyFigures,
    };
    const guard = guarded(index);
    const limitations = armLimitations(
      {
        relays: relays[index] ?? [],
        window: own,
        figures: figures[index] ?? [],
        ...sets,
        isControl: index === controlIndex,
        hasControl: controlIndex !== -1,
      },
      exclusions,
    );
    return {
      id,
      name,
      ...sets,
      exclusions: (relays[index] ?? []).flatMap((relay) => exclusions.byRelay.get(relay.id) ?? []),
      limitations,
      ...(own?.why === undefined ? {} : { window: { ...reportWindow(own), why: own.why } }),
      ...(index === controlIndex || guard === undefined || controlGuard === undefined
        ? {}
        : { guardrails: judgeGuardrails(measurements, guard, controlGuard) }),
    };
  });
  const valuesOf = (arm: string): number[] =>
    (figures[info.arms.findIndex(({ id }) => id === arm)] ?? [])
      .filter(({ relay }) => exclusions.exploratory !== undefined || !exclusions.byRelay.has(relay))
      .map(({ rssBytes }) => rssBytes);
  const randomised = info.assignment.method === 'random';
  const verdict = reachVerdict(
    { arms, control: control ?? null, randomised, exploratory: exclusions.exploratory !== undefined, valuesOf },
    exclusions.exploratory,
  );
  const limitations = dataLimitations(measurements);
  const report: ExperimentReport = {
    schema: 'tearless.experiment-report/v1',
    experiment: info.id,
    title: info.title,
    window: { ...reportWindow(window), how: window.how },
    control: control ?? null,
    seed,
    arms,
    verdict,
    ...(exclusions.exploratory === undefined ? {} : { exploratory: exclusions.exploratory }),
    ...(limitations.length === 0 ? {} : { limitations }),
  };
  checkFiniteNumbers(report, 'report');
  return { report, options, window, relays, figures };
};

/** The report alone; `experiment report --json` prints it as it is. @throws AnalysisError where there is nothing to analyse. */
export const analyseExperiment = (
  measurements: Measurements,
  options: AnalysisOptions,
  findings: readonly Finding[],
): ExperimentReport => analyseInDetail(measurements, options, findings).report;
