// How far relays' figures spread depends on how many days each figure covers: what lasts in a relay stays, what
// changes from day to day averages out, more slowly the more a day resembles the day before.
import { checkCount, checkRange } from '../check.ts';
import { type PowerQuestion, relaysForPower } from './welch-power.ts';

export interface Spread {
  /** Standard deviation of what lasts: relays' long-term means. */
  readonly betweenSd: number;
  /** Standard deviation of a relay's daily means around its long-term mean, in the same unit. */
  readonly dailySd: number;
  /** Correlation of a relay's daily mean with the next day's, from 0 to below 1. */
  readonly dailyCorrelation: number;
}

/** Standard deviation of relays' means over `days` whole days, days following one another as a first-order process. */
export const figureSd = ({ betweenSd, dailySd, dailyCorrelation }: Spread, days: number): number => {
  checkRange(betweenSd, 0, Number.MAX_VALUE, 'the spread between relays');
  checkRange(dailySd, 0, Number.MAX_VALUE, 'the spread between days');
  checkRange(dailyCorrelation, 0, 0.999999, 'the correlation of a day with the next');
  checkCount(days, 1, 'the number of days');
  const r = dailyCorrelation;
  // Sum of r^|i-j| over all pairs of days, in closed form.
  const pairs = days + (2 * r * (days - 1 - days * r + r ** days)) / (1 - r) ** 2;
  return Math.sqrt(betweenSd ** 2 + (dailySd ** 2 * pairs) / days ** 2);
};

export interface DesignOption {
  readonly days: number;
  /** Per arm, control as many; undefined when no number up to `most` is enough. */
  readonly relays: number | undefined;
  readonly sd: number;
}

/** Relays per arm that an effect needs, for several durations. @throws StatsError where nothing spreads at all. */
export const designOptions = (
  spread: Spread,
  question: Omit<PowerQuestion, 'sd' | 'controlSd'>,
  durationsDays: readonly number[],
  { power = 0.8, most = 1_000 }: { readonly power?: number; readonly most?: number } = {},
): DesignOption[] =>
  durationsDays.map((days) => {
    const sd = figureSd(spread, days);
    return { days, sd, relays: relaysForPower({ ...question, sd }, power, most) };
  });
