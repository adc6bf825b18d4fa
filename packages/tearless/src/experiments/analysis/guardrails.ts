// What an arm must not cost: bandwidth, flags, crashes, processor time, onionskins dropped, memory killed for. A winner
// that breaks one is no winner. One-sided tests against control, from the arm's start on, Holm over what one arm is
// judged by; a guardrail is broken when that is significant and the loss is large enough to matter.
import { formatRatio } from '../../report/experiment/figures.ts';
import { fewestRelays } from '../../stats/arm/estimate.ts';
import { bearsRatio, type Comparison, welchDifference, welchRatio } from '../../stats/arm/welch.ts';
import { at } from '../../stats/check.ts';
import { fisherExact } from '../../stats/hypothesis/counts.ts';
import { holm } from '../../stats/hypothesis/holm.ts';
import type { TimeWindow } from '../../stats/series/series.ts';
import type { FigureName, Measurements, RelaySamples, RelayTraffic } from '../model/measurements.ts';
import type { ArmRelay } from './window.ts';

export interface Guardrail {
  /** `bandwidth`, `flag Guard`, `crashes`, `cpu`, `onionskins dropped`, `queues emptied`. */
  readonly name: string;
  readonly broken: boolean;
  /** One-sided, Holm within the arm. */
  readonly adjustedP: number;
  /** `bandwidth is 0.93 of control's`. */
  readonly message: string;
}

interface Judged {
  readonly name: string;
  readonly p: number;
  readonly matters: boolean;
  readonly message: string;
}

export interface GuardrailArm {
  readonly relays: readonly ArmRelay[];
  /** The window of the comparison; crashes count in it, all else from the arm's start to its end. */
  readonly window: TimeWindow;
  /** Restarts are part of the treatment: only automatic ones are crashes. */
  readonly restarted: boolean;
}

/** Losses below these matter to nobody. */
const bandwidthMatters = 0.95;
const cpuMatters = 1.2;
const flagShareMatters = 0.1;

const flagNames = ['Fast', 'Guard', 'HSDir', 'Running', 'Stable', 'V2Dir'] as const;

const startOf = ({ series }: ArmRelay, { fromMs }: TimeWindow): number => series.atMs[0] ?? fromMs;

const meanBetween = (atMs: Float64Array, values: Float64Array, fromMs: number, toMs: number): number | undefined => {
  let sum = 0;
  let count = 0;
  for (let index = 0; index < atMs.length; index++) {
    const ms = at(atMs, index);
    const value = at(values, index);
    if (ms < fromMs || ms > toMs || !Number.isFinite(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? undefined : sum / count;
};

const trafficFigures = ['writtenBps', 'observedBps', 'advertisedBps'] as const;

/** Bandwidth since the start over bandwidth before it, where every relay has both; else since the start alone. */
const bandwidthOf = (
  { traffic }: Measurements,
  { relays, window }: GuardrailArm,
  figure: (typeof trafficFigures)[number],
  relative: boolean,
): number[] =>
  relays.flatMap((relay) => {
    const own: RelayTraffic | undefined = traffic[relay.index];
    if (own === undefined) return [];
    const startMs = startOf(relay, window);
    const since = meanBetween(own.atMs, own[figure], startMs, window.toMs);
    const before = relative ? meanBetween(own.atMs, own[figure], -Infinity, startMs - 1) : 1;
    return since === undefined || before === undefined || before <= 0 ? [] : [since / before];
  });

const oneSided = ({ t, p }: Comparison, worse: 'lower' | 'higher'): number =>
  (worse === 'lower' ? t < 0 : t > 0) ? p / 2 : 1 - p / 2;

const judgeBandwidth = (measurements: Measurements, arm: GuardrailArm, control: GuardrailArm): Judged[] => {
  for (const relative of [true, false])
    for (const figure of trafficFigures) {
      const [own, others] = [arm, control].map((side) => bandwidthOf(measurements, side, figure, relative));
      if (own === undefined || others === undefined) continue;
      if (own.length < fewestRelays || others.length < fewestRelays || !bearsRatio(own, others)) continue;
      const ratio = welchRatio(own, others);
      const what = relative ? 'bandwidth relative to that before the start' : 'bandwidth';
      return [
        {
          name: 'bandwidth',
          p: oneSided(ratio, 'lower'),
          matters: ratio.mean < bandwidthMatters,
          message: `${what} is ${formatRatio(ratio.mean)} of control’s (95 % interval ${formatRatio(ratio.low)} to ${formatRatio(ratio.high)})`,
        },
      ];
    }
  return [];
};

/** Whether each relay that was seen since the start lacks a flag that it did not lack before. */
const lacking = (measurements: Measurements, { relays, window }: GuardrailArm, flag: string): boolean[] =>
  relays.flatMap((relay) => {
    const sightings = measurements.flags[relay.index] ?? [];
    const startMs = startOf(relay, window);
    const since = sightings.filter(({ atMs }) => atMs >= startMs && atMs <= window.toMs).at(-1);
    const before = sightings.filter(({ atMs }) => atMs < startMs).at(-1);
    if (since === undefined || (before !== undefined && !before.flags.includes(flag))) return [];
    return [!since.flags.includes(flag)];
  });

const countTrue = (values: readonly boolean[]): { readonly hits: number; readonly of: number } => ({
  hits: values.filter(Boolean).length,
  of: values.length,
});

const judgeFlags = (measurements: Measurements, arm: GuardrailArm, control: GuardrailArm): Judged[] =>
  flagNames.flatMap((flag) => {
    const own = countTrue(lacking(measurements, arm, flag));
    const others = countTrue(lacking(measurements, control, flag));
    if (own.of === 0 || others.of === 0) return [];
    return [
      {
        name: `flag ${flag}`,
        p: fisherExact(own, others),
        matters: own.hits / own.of - others.hits / others.of > flagShareMatters,
        message: `${own.hits} of ${own.of} relays lack the flag ${flag}, in control ${others.hits} of ${others.of}`,
      },
    ];
  });

/** How much a counter grew in a window, over the starts of the process, which set it back to 0. */
const increase = (samples: RelaySamples, figure: FigureName, { fromMs, toMs }: TimeWindow): number | undefined => {
  const values = samples.figures.get(figure);
  if (values === undefined) return undefined;
  let before: number | undefined;
  let sum = 0;
  let seen = 0;
  for (let index = 0; index < values.length; index++) {
    const value = at(values, index);
    const ms = at(samples.atMs, index);
    if (ms < fromMs || ms > toMs || !Number.isFinite(value)) continue;
    if (before !== undefined) sum += value >= before ? value - before : value;
    before = value;
    seen += 1;
  }
  return seen < 2 ? undefined : sum;
};

const increases = ({ samples }: Measurements, { relays, window }: GuardrailArm, figure: FigureName): number[] =>
  relays.flatMap((relay) => {
    const own = samples[relay.index];
    return (own && increase(own, figure, { fromMs: startOf(relay, window), toMs: window.toMs })) ?? [];
  });

const judgeCrashes = (measurements: Measurements, arm: GuardrailArm, control: GuardrailArm): Judged[] => {
  const automatic = (side: GuardrailArm): boolean[] =>
    increases(measurements, side, 'unitRestarts').map((count) => count > 0);
  const observed = ({ relays, window, restarted }: GuardrailArm): boolean[] =>
    restarted
      ? []
      : relays
          .filter(({ series }) => series.atMs.length > 1)
          .map(({ restarts }) => restarts.some(({ atMs }) => atMs > window.fromMs && atMs <= window.toMs));
  for (const [crashed, what] of [
    [automatic, 'were restarted by systemd'],
    [observed, 'restarted in the window'],
  ] as const) {
    const own = countTrue(crashed(arm));
    const others = countTrue(crashed(control));
    if (own.of === 0 || others.of === 0) continue;
    return [
      {
        name: 'crashes',
        p: fisherExact(own, others),
        matters: own.hits > others.hits,
        message: `${own.hits} of ${own.of} relays ${what}, in control ${others.hits} of ${others.of}`,
      },
    ];
  }
  return [];
};

const counters = [
  { figure: 'cpuSeconds', name: 'cpu', what: 'processor time', limit: cpuMatters },
  { figure: 'onionskinsDropped', name: 'onionskins dropped', what: 'onionskins dropped', limit: 1 },
  { figure: 'oomBytes', name: 'queues emptied', what: 'memory taken from queues for lack of it', limit: 1 },
] as const;

const judgeCounters = (measurements: Measurements, arm: GuardrailArm, control: GuardrailArm): Judged[] =>
  counters.flatMap(({ figure, name, what, limit }) => {
    const own = increases(measurements, arm, figure);
    const others = increases(measurements, control, figure);
    if (own.length < fewestRelays || others.length < fewestRelays) return [];
    const difference = welchDifference(own, others);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [ownMean, otherMean] = [mean(own), mean(others)];
    const share =
      otherMean > 0 ? `${formatRatio(ownMean / otherMean)} of control’s` : 'above control’s, which has none';
    return [
      {
        name,
        p: oneSided(difference, 'higher'),
        matters: ownMean > limit * otherMean,
        message: ownMean === 0 && otherMean === 0 ? `${what}: none` : `${what} since the start is ${share}`,
      },
    ];
  });

/** Everything that can be judged from what was measured; empty where nothing beside memory was. */
export const judgeGuardrails = (
  measurements: Measurements,
  arm: GuardrailArm,
  control: GuardrailArm,
  alpha = 0.05,
): Guardrail[] => {
  const judged = [judgeBandwidth, judgeFlags, judgeCrashes, judgeCounters].flatMap((judge) =>
    judge(measurements, arm, control),
  );
  const adjusted = holm(judged.map(({ p }) => Math.min(1, Math.max(0, p))));
  return judged.map(({ name, matters, message }, index) => {
    const adjustedP = at(adjusted, index);
    return { name, broken: matters && adjustedP < alpha, adjustedP, message };
  });
};
