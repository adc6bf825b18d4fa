// The stretch of time that arms are compared over. Common to all: after warm-up, up to the end, in whole cycles of the
// arms that are restarted on a schedule. A late arm has its own, and so has a cycle that does not fit into the common one.
import { formatMoment } from '../../report/experiment/figures.ts';
import { defaultAlpha } from '../../stats/arm/estimate.ts';
import { wholeCycles } from '../../stats/series/period.ts';
import { median } from '../../stats/series/select.ts';
import type { TimeWindow } from '../../stats/series/series.ts';
import type { Arm } from '../model/experiment.ts';
import type { Measurements } from '../model/measurements.ts';
import { AnalysisError } from './analysis-error.ts';
import { findArmWarmUp } from './arm-warm-up.ts';
import { type Cycle, findCycle } from './cycle.ts';
import { type OwnSeries, ownSeries } from './own-series.ts';
import { findRestarts, type Restart } from './restarts.ts';
import { formatSpan } from './words.ts';

/** One relay of an arm, with what it measured under the arm's treatment. */
export interface ArmRelay {
  /** Place in `measurements.relays`. */
  readonly index: number;
  readonly id: string;
  readonly series: OwnSeries;
  /** While it stood in the arm, its first sample excepted: what comes before that belongs to the time before. */
  readonly restarts: readonly Restart[];
}

export interface ArmWindow extends TimeWindow {
  readonly arm: string;
  readonly cycle: Cycle | undefined;
  /** Joined the experiment later than the others. */
  readonly late: boolean;
  /** End of the growth after its start; undefined where none is proved, or nothing can be said. */
  readonly settledMs: number | undefined;
  /** Why it is not the common window, or undefined where it is. */
  readonly why: string | undefined;
}

export interface AnalysisWindow extends TimeWindow {
  /** How it was chosen, in a sentence. */
  readonly how: string;
  /** From the first to the last sample of any arm. */
  readonly data: TimeWindow;
  /** By the index of `info.arms`; undefined for an arm that has no sample. */
  readonly arms: readonly (ArmWindow | undefined)[];
}

export interface WindowOptions {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Id of the arm that others are compared with: never late, since the window starts with it. Default: the experiment's. */
  readonly control?: string | undefined;
}

/** An arm is late when it starts after so much of the whole span, and was given up when it ends so much before the window. */
const lateShare = 0.05;
/** Whole cycles of all arms at once may cost up to so much of the window. */
const mostCycleCost = 0.5;
const dayMs = 86_400_000;

/** The relays of each arm, in the order of `info.arms`. */
export const relaysByArm = ({ info, relays, samples }: Measurements): ArmRelay[][] =>
  info.arms.map((arm, armIndex) =>
    relays.flatMap((relay, index): ArmRelay[] => {
      const own = samples[index];
      if (relay.arm !== arm.id || own === undefined) return [];
      const series = ownSeries(own, info, armIndex);
      const firstMs = series.atMs[0] ?? Infinity;
      const restarts = findRestarts(own).filter(({ afterMs }) => afterMs >= firstMs);
      return [{ index, id: relay.id, series, restarts }];
    }),
  );

interface ArmSpan extends TimeWindow {
  /** When half of its relays were measured last: earlier than `toMs` where the arm was given up. */
  readonly lastMs: number;
  readonly cycle: Cycle | undefined;
  readonly relays: readonly ArmRelay[];
}

const spanOfArm = (relays: readonly ArmRelay[], arm: Arm): ArmSpan | undefined => {
  const used = relays.filter(({ series }) => series.atMs.length > 0);
  if (used.length === 0) return undefined;
  const fromMs = median(used.map(({ series }) => series.atMs[0] ?? 0));
  const toMs = Math.max(...used.map(({ series }) => series.atMs[series.atMs.length - 1] ?? 0));
  const lastMs = median(used.map(({ series }) => series.atMs[series.atMs.length - 1] ?? 0));
  return { fromMs, toMs, lastMs, cycle: findCycle(arm, used), relays: used };
};

/** When the arm has settled, by the rule of the audit; undefined where growth at first is not proved or too small to matter. */
const settle = ({ cycle, relays }: ArmSpan, window: TimeWindow): Pick<SettledArm, 'settledMs' | 'stillGrows'> => {
  const found =
    cycle === undefined
      ? findArmWarmUp(
          relays.map(({ series }) => series),
          window,
        )
      : undefined;
  return found?.matters && found.p < defaultAlpha
    ? { settledMs: found.settledMs, stillGrows: found.stillGrows }
    : { settledMs: undefined, stillGrows: false };
};

/** The shortest length that is a whole number of every period, within 2 %; undefined when none is at most `mostMs`. */
const commonLength = (periods: readonly number[], mostMs: number): number | undefined => {
  const longest = Math.max(...periods);
  for (let count = 1; count * longest <= mostMs * (1 + 1e-9); count++) {
    const length = count * longest;
    if (periods.every((period) => Math.abs(length / period - Math.round(length / period)) <= 0.02)) return length;
  }
  return undefined;
};

/** The common window cut to whole cycles of all arms together, where that costs at most half of it. */
const cutToCycles = (window: TimeWindow, spans: readonly ArmSpan[]): TimeWindow => {
  const periods = spans.flatMap(({ cycle }) => (cycle === undefined ? [] : [cycle.periodMs]));
  if (periods.length === 0) return window;
  const length = commonLength(periods, window.toMs - window.fromMs);
  if (length === undefined) return window;
  const cut = wholeCycles(window, length);
  return cut.toMs - cut.fromMs >= mostCycleCost * (window.toMs - window.fromMs) ? cut : window;
};

const sameWindow = (a: TimeWindow, b: TimeWindow): boolean => a.fromMs === b.fromMs && a.toMs === b.toMs;

export const emptyWindow = (why: string, data: TimeWindow): AnalysisError =>
  new AnalysisError(
    'experiment-window-empty',
    why,
    `samples of the arms lie from ${formatMoment(data.fromMs)} to ${formatMoment(data.toMs)}`,
  );

const checkWindow = (window: TimeWindow, data: TimeWindow, asked: WindowOptions): void => {
  const { fromMs, toMs } = window;
  if (fromMs <= toMs && fromMs <= data.toMs && toMs >= data.fromMs) return;
  const why =
    asked.fromMs !== undefined && asked.toMs !== undefined && asked.fromMs > asked.toMs
      ? `the window would end before it starts: from ${formatMoment(asked.fromMs)} to ${formatMoment(asked.toMs)}`
      : fromMs > data.toMs || toMs >= data.fromMs
        ? `no sample lies from ${formatMoment(fromMs)} on`
        : `no sample lies up to ${formatMoment(toMs)}`;
  throw emptyWindow(why, data);
};

/** An end written as a day means the whole of that day. */
const endOf = (endMs: number | undefined): number =>
  endMs === undefined ? Infinity : endMs % dayMs === 0 ? endMs + dayMs - 1 : endMs;

interface SettledArm extends ArmSpan {
  readonly arm: Arm;
  readonly settledMs: number | undefined;
  /** More slowly than at first. */
  readonly stillGrows: boolean;
  readonly late: boolean;
}

interface Choice {
  readonly common: TimeWindow;
  /** The common window holds whole cycles of every arm. */
  readonly inCycles: boolean;
  /** Its start was asked for. */
  readonly asked: boolean;
  /** The last sample: cycles beyond it are not whole. */
  readonly lastMs: number;
}

const armWindow = (span: SettledArm, { common, inCycles, asked, lastMs }: Choice): ArmWindow => {
  const { arm, cycle, settledMs, stillGrows } = span;
  const late = span.late && span.fromMs > common.fromMs;
  const ownMs = asked ? span.fromMs : (settledMs ?? span.fromMs);
  const fromMs = late ? Math.min(ownMs, common.toMs) : common.fromMs;
  const givenUp = span.lastMs >= fromMs && span.lastMs < common.toMs - lateShare * (common.toMs - fromMs);
  const start = { fromMs, toMs: givenUp && common.toMs <= lastMs ? span.lastMs : common.toMs };
  const isWhole = cycle === undefined || (inCycles && sameWindow(start, common)) || start.fromMs > lastMs;
  const window = isWhole ? start : wholeCycles({ ...start, toMs: Math.min(start.toMs, lastMs) }, cycle.periodMs);
  const reasons = [
    late ? `its relays carry the arm only since ${formatMoment(span.fromMs)}` : undefined,
    late && !asked && settledMs !== undefined
      ? `they ${stillGrows ? 'grow more slowly from' : 'settled by'} ${formatMoment(settledMs)}${stillGrows ? ' on' : ''}`
      : undefined,
    start.toMs < common.toMs ? `it was measured only until ${formatMoment(start.toMs)}` : undefined,
    cycle !== undefined && !sameWindow(window, start)
      ? `the latest whole cycles of ${formatSpan(cycle.periodMs)}`
      : undefined,
  ].filter((reason) => reason !== undefined);
  const why = sameWindow(window, common) ? undefined : reasons.join('; ');
  return { arm: arm.id, ...window, cycle, late, settledMs, why };
};

/**
 * @param byArm what `relaysByArm` gives, where the caller has it already
 * @throws AnalysisError `experiment-no-arms`, `experiment-no-samples`, `experiment-window-empty`
 */
export const chooseWindow = (
  measurements: Measurements,
  { fromMs, toMs, control = measurements.info.control }: WindowOptions = {},
  byArm: readonly (readonly ArmRelay[])[] = relaysByArm(measurements),
): AnalysisWindow => {
  const { info } = measurements;
  if (info.arms.length === 0)
    throw new AnalysisError(
      'experiment-no-arms',
      `experiment ${info.id} has no arms`,
      'import it with an experiment.json or a relay_config.csv that tells which relay belongs to which arm',
    );
  const spans = info.arms.map((arm, index) => spanOfArm(byArm[index] ?? [], arm));
  const known = spans.filter((span) => span !== undefined);
  if (known.length === 0)
    throw new AnalysisError(
      'experiment-no-samples',
      `no relay of an arm of experiment ${info.id} has a sample of its memory`,
      'import or collect measurements with rss_kb first; tearless experiment show tells what there is',
    );
  const data = {
    fromMs: Math.min(...known.map((span) => span.fromMs)),
    toMs: Math.max(...known.map((span) => span.toMs)),
  };
  const isLate = (span: ArmSpan): boolean => span.fromMs > data.fromMs + lateShare * (data.toMs - data.fromMs);
  const endMs = toMs ?? Math.max(data.fromMs, Math.min(data.toMs, endOf(info.endMs)));
  const settled = spans.map((span, index): SettledArm | undefined => {
    const arm = info.arms[index];
    if (span === undefined || arm === undefined) return undefined;
    const settled = settle(span, { fromMs: Math.max(span.fromMs, fromMs ?? -Infinity), toMs: endMs });
    return { ...span, arm, ...settled, late: arm.id !== control && isLate(span) };
  });
  const early = settled.flatMap((span) => (span === undefined || span.late ? [] : [span]));
  const last = early.reduce((a, b) => ((b.settledMs ?? b.fromMs) > (a.settledMs ?? a.fromMs) ? b : a));
  const startMs = Math.max(last.settledMs ?? -Infinity, ...early.map((span) => span.fromMs));
  const whole = { fromMs: fromMs ?? startMs, toMs: endMs };
  checkWindow(whole, data, { fromMs, toMs });
  const common = fromMs === undefined ? cutToCycles(whole, early) : whole;
  const choice = { common, inCycles: !sameWindow(common, whole), asked: fromMs !== undefined, lastMs: data.toMs };
  const how =
    fromMs === undefined
      ? [
          last.settledMs === undefined
            ? 'It starts with the first samples, since no arm is shown to grow faster at first than later,'
            : `It starts when the last arm (${last.arm.name}) had ${last.stillGrows ? 'slowed down in its growth' : 'settled'} after its start,`,
          toMs === undefined ? 'and ends with the last sample' : 'and ends as asked for',
          choice.inCycles
            ? `; of that it is the latest ${formatSpan(common.toMs - common.fromMs)}, whole cycles of every arm that is restarted on a schedule.`
            : '.',
        ]
          .join(' ')
          .replace(/ ([;.])/, '$1')
      : 'It is as asked for; warm-up was not looked for.';
  return { ...common, how, data, arms: settled.map((span) => span && armWindow(span, choice)) };
};
