// The stretch of time that arms are compared over. Common to all: after warm-up, up to the end, in whole cycles of the
// arms that are restarted on a schedule. A late arm has its own, and so has a cycle that does not fit into the common one.
import { wholeCycles } from '../../stats/series/period.ts';
import { median } from '../../stats/series/select.ts';
import type { TimeWindow } from '../../stats/series/series.ts';
import { findWarmUp } from '../../stats/series/warm-up.ts';
import type { Measurements } from '../model/measurements.ts';
import { AnalysisError } from './analysis-error.ts';
import { type Cycle, findCycle } from './cycle.ts';
import { formatInstant, formatSpan } from './format-time.ts';
import { cutOwn, type OwnSeries, ownSeries } from './own-series.ts';
import { findRestarts, type Restart } from './restarts.ts';

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
  /** One sentence: how it was chosen. */
  readonly how: string;
  /** By the index of `info.arms`; undefined for an arm that has no sample. */
  readonly arms: readonly (ArmWindow | undefined)[];
}

export interface WindowOptions {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** An arm is late when it starts after so much of the whole span. */
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
  readonly cycle: Cycle | undefined;
  readonly settledMs: number | undefined;
  readonly relays: readonly ArmRelay[];
}

const spanOfArm = (relays: readonly ArmRelay[], arm: Measurements['info']['arms'][number]): ArmSpan | undefined => {
  const used = relays.filter(({ series }) => series.atMs.length > 0);
  if (used.length === 0) return undefined;
  const fromMs = median(used.map(({ series }) => series.atMs[0] ?? 0));
  const toMs = Math.max(...used.map(({ series }) => series.atMs[series.atMs.length - 1] ?? 0));
  const cycle = findCycle(arm, used);
  return { fromMs, toMs, cycle, settledMs: undefined, relays: used };
};

/** When the arm has settled; undefined without proof of faster growth at first. A sawtooth never settles. */
const settle = ({ cycle, relays }: ArmSpan, window: TimeWindow): number | undefined => {
  if (cycle !== undefined || !(window.fromMs < window.toMs)) return undefined;
  const found = findWarmUp(
    relays.map(({ series }) => cutOwn(series, window)),
    window,
  );
  return found !== undefined && found.settledMs > window.fromMs ? found.settledMs : undefined;
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

const checkWindow = (window: TimeWindow, data: TimeWindow): void => {
  if (window.fromMs <= window.toMs && window.fromMs <= data.toMs && window.toMs >= data.fromMs) return;
  throw new AnalysisError(
    'experiment-window-empty',
    `no sample lies from ${formatInstant(window.fromMs)} to ${formatInstant(window.toMs)}`,
    `samples of the arms lie from ${formatInstant(data.fromMs)} to ${formatInstant(data.toMs)}`,
  );
};

/** An end written as a day means the whole of that day. */
const endOf = (endMs: number | undefined): number =>
  endMs === undefined ? Infinity : endMs % dayMs === 0 ? endMs + dayMs - 1 : endMs;

/**
 * @param byArm what `relaysByArm` gives, where the caller has it already
 * @throws AnalysisError `experiment-no-arms`, `experiment-no-samples`, `experiment-window-empty`
 */
export const chooseWindow = (
  measurements: Measurements,
  { fromMs, toMs }: WindowOptions = {},
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
      'import or collect measurements first; tearless experiment show tells what there is',
    );
  const data = {
    fromMs: Math.min(...known.map((span) => span.fromMs)),
    toMs: Math.max(...known.map((span) => span.toMs)),
  };
  const isLate = (span: ArmSpan): boolean => span.fromMs > data.fromMs + lateShare * (data.toMs - data.fromMs);
  const early = known.filter((span) => !isLate(span));
  const endMs = toMs ?? Math.max(data.fromMs, Math.min(data.toMs, endOf(info.endMs)));
  const settledOf = new Map(
    known.map((span) => [span, settle(span, { fromMs: Math.max(span.fromMs, fromMs ?? -Infinity), toMs: endMs })]),
  );
  const latest = early
    .map((span) => ({ span, settledMs: settledOf.get(span) ?? span.fromMs }))
    .reduce((a, b) => (b.settledMs > a.settledMs ? b : a));
  const wholeMs = Math.max(...early.map((span) => span.fromMs));
  const afterWarmUp = { fromMs: fromMs ?? Math.max(wholeMs, latest.settledMs), toMs: endMs };
  checkWindow(afterWarmUp, data);
  const common = fromMs === undefined ? cutToCycles(afterWarmUp, early) : afterWarmUp;
  const nameOf = (span: ArmSpan): string => info.arms[spans.indexOf(span)]?.name ?? '';
  const arms = spans.map((span, index): ArmWindow | undefined => {
    const arm = info.arms[index];
    if (span === undefined || arm === undefined) return undefined;
    const late = isLate(span) && span.fromMs > common.fromMs;
    const settledMs = settledOf.get(span);
    const startMs = late ? (fromMs === undefined ? (settledMs ?? span.fromMs) : span.fromMs) : common.fromMs;
    const start = { fromMs: Math.min(startMs, common.toMs), toMs: common.toMs };
    const window =
      span.cycle === undefined || (sameWindow(start, common) && !sameWindow(common, afterWarmUp))
        ? start
        : wholeCycles(start, span.cycle.periodMs);
    const reasons = [
      late ? `its relays carry the arm only since ${formatInstant(span.fromMs)}` : undefined,
      late && fromMs === undefined && settledMs !== undefined
        ? `they settled by ${formatInstant(settledMs)}`
        : undefined,
      span.cycle !== undefined && !sameWindow(window, start)
        ? `the latest whole cycles of ${formatSpan(span.cycle.periodMs)}`
        : undefined,
    ].filter((reason) => reason !== undefined);
    return {
      arm: arm.id,
      ...window,
      cycle: span.cycle,
      late,
      settledMs,
      why: sameWindow(window, common) ? undefined : reasons.join('; '),
    };
  });
  return { ...common, how: describeChoice(), arms };

  function describeChoice(): string {
    if (fromMs !== undefined) return 'as asked for on the command line';
    const settled = [...settledOf].some(([span, ms]) => early.includes(span) && ms !== undefined);
    const start = settled
      ? `from the instant by which the last arm (${nameOf(latest.span)}) had settled after its start`
      : 'from the first samples, since no arm is shown to grow faster at first than later';
    const cycles = sameWindow(common, afterWarmUp)
      ? ''
      : `, cut to the latest ${formatSpan(common.toMs - common.fromMs)}: whole cycles of every arm that is restarted on a schedule`;
    return `${start}, ${toMs === undefined ? 'to the last sample' : 'to the end asked for'}${cycles}`;
  }
};
