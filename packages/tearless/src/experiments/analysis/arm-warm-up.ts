// Whether an arm grows faster at first than later, by one rule for the audit and for the window of a report.
//
// The test of stats/series/warm-up.ts takes relays for independent, but what moves all relays of a host moves an arm as
// one. So the arm must also start well below the line of its last half: by a twentieth, and by three times what its mean
// strays from that line.
import { at } from '../../stats/check.ts';
import { alignSeries } from '../../stats/series/aligned.ts';
import { fitLine } from '../../stats/series/line.ts';
import { cutSeries, type Series, type TimeWindow } from '../../stats/series/series.ts';
import { findWarmUp, type WarmUp } from '../../stats/series/warm-up.ts';

const leastShortfall = 0.05;
const strays = 3;
const mostBins = 64;
/** A hundredth of the memory a day is what would double it in a season. */
const growthThatMatters = 0.01;

export interface ArmWarmUp extends WarmUp {
  /** The growth at first is large enough to matter, and no swing that the arm makes later as well. */
  readonly matters: boolean;
  /** From `settledMs` on the arm grows more slowly, but has not stopped. */
  readonly stillGrows: boolean;
  /** Means over relays, in the series' unit: of first samples, from `settledMs` on, and of the whole window. */
  readonly start: number;
  readonly plateau: number;
  readonly whole: number;
}

interface Curve {
  readonly atMs: readonly number[];
  readonly values: readonly number[];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean over relays at common instants. */
const meanCurve = (series: readonly Series[], window: TimeWindow): Curve => {
  const count = Math.min(mostBins, Math.max(2, ...series.map(({ atMs }) => atMs.length)));
  const { atMs, rows } = alignSeries(series, window, count);
  return { atMs, values: atMs.map((_, bin) => mean(rows.map((row) => at(row, bin)))) };
};

const startsBelow = ({ atMs, values }: Curve): boolean => {
  const half = values.length >> 1;
  const late = fitLine(atMs, values, half);
  const residuals = values.slice(half).map((value, index) => value - late.valueAt(at(atMs, half + index)));
  const stray = Math.sqrt(mean(residuals.map((rest) => rest * rest)));
  const shortfall = late.valueAt(at(atMs, 0)) - at(values, 0);
  return shortfall >= leastShortfall * mean(values.slice(half)) && shortfall >= strays * stray;
};

/** Whether growth a day is proved and so large that a mean depends on when one looks. */
export const growsOn = (growthPerDay: { readonly mean: number; readonly low: number }, level: number): boolean =>
  growthPerDay.low > 0 && growthPerDay.mean >= growthThatMatters * level;

/**
 * For an arm that is not restarted on a schedule: a sawtooth never settles.
 *
 * @param relays each relay's memory; what lies outside of the window is left out
 * @returns undefined with fewer than five relays, or fewer than twelve common instants: nothing can be said.
 */
export const findArmWarmUp = (relays: readonly Series[], window: TimeWindow): ArmWarmUp | undefined => {
  const { fromMs, toMs } = window;
  if (!(fromMs < toMs)) return undefined;
  const series = relays.map((own) => cutSeries(own, window)).filter(({ atMs }) => atMs.length > 0);
  const found = findWarmUp(series, window);
  if (found === undefined) return undefined;
  const settledMs = Math.min(Math.max(found.settledMs, fromMs), toMs);
  const curve = meanCurve(series, window);
  const plateau = mean(curve.values.filter((_, bin) => at(curve.atMs, bin) >= settledMs));
  return {
    ...found,
    settledMs,
    matters: settledMs > fromMs && startsBelow(curve),
    stillGrows: growsOn(found.lateGrowthPerDay, plateau),
    start: mean(series.flatMap(({ values }) => values[0] ?? [])),
    plateau,
    whole: mean(curve.values),
  };
};
