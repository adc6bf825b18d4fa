// What it takes to find an effect in this fleet: relays and days, from how its relays differed before. Pure.
import { momentsOf } from '../../stats/arm/moments.ts';
import { type DesignOption, designOptions, figureSd, type Spread } from '../../stats/power/relay-spread.ts';
import { detectableEffect, welchPower } from '../../stats/power/welch-power.ts';
import type { PrePeriod } from './pre-period.ts';

/** All as fractions of the mean: 0.1 is a tenth. */
export interface FleetSpread extends Spread {
  /** Relays that it was read from. */
  readonly relays: number;
  /** Days of each; 0 where one reading is all there is: days then change nothing. */
  readonly days: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Fewer days tell nothing of how days differ. */
const fewestDays = 3;

const dailySpread = (relays: readonly (readonly number[])[]): Pick<Spread, 'dailySd' | 'dailyCorrelation'> => {
  let squares = 0;
  let degrees = 0;
  let products = 0;
  let pairs = 0;
  for (const days of relays) {
    const middle = mean(days);
    const residuals = days.map((day) => day / middle - 1);
    squares += residuals.reduce((sum, residual) => sum + residual ** 2, 0);
    degrees += days.length - 1;
    for (let day = 1; day < residuals.length; day++) {
      products += (residuals[day] ?? 0) * (residuals[day - 1] ?? 0);
      pairs += 1;
    }
  }
  const variance = squares / Math.max(1, degrees);
  // Residuals around a mean of few days seem less alike than the days are: about 1 / days is added back.
  const typicalDays = degrees / relays.length + 1;
  const correlation = variance === 0 || pairs === 0 ? 0 : products / pairs / variance + 1 / typicalDays;
  return { dailySd: Math.sqrt(variance), dailyCorrelation: Math.min(0.95, Math.max(0, correlation)) };
};

/**
 * How relays and days spread, relative to the mean.
 * @returns undefined with fewer than three relays, or without any spread at all: nothing can be said then
 */
export const estimateSpread = (relays: readonly PrePeriod[]): FleetSpread | undefined => {
  const known = relays.filter(({ memoryBytes }) => memoryBytes !== undefined && memoryBytes > 0);
  if (known.length < 3) return undefined;
  const daily = known.map(({ dailyBytes }) => dailyBytes).filter((days) => days.length >= fewestDays);
  const figures = known.map(({ memoryBytes = 0, dailyBytes }) =>
    dailyBytes.length >= fewestDays ? mean(dailyBytes) : memoryBytes,
  );
  const { mean: middle, variance } = momentsOf(figures);
  if (variance === 0 || middle <= 0) return undefined;
  const days = daily.length < 3 ? 0 : Math.min(...daily.map((values) => values.length));
  const rest = days === 0 ? { dailySd: 0, dailyCorrelation: 0 } : dailySpread(daily);
  // What days contribute to the spread of the relays' means is not what lasts in a relay.
  const ofDays = days === 0 ? 0 : figureSd({ ...rest, betweenSd: 0 }, days) ** 2;
  const total = variance / middle ** 2;
  const betweenSd = Math.sqrt(Math.max(total - ofDays, total * 0.01));
  return { ...rest, betweenSd, relays: known.length, days };
};

export interface PowerTable {
  /** As a fraction of the control's mean. */
  readonly effect: number;
  readonly power: number;
  /** Two-sided, of each of the comparisons with control. */
  readonly alpha: number;
  readonly spread: FleetSpread;
  readonly relaysPerArm: number;
  readonly days: number;
  /** The chance to find the effect with these relays in these days. */
  readonly chance: number;
  /** The smallest effect that these relays find in these days with the power asked for, as a fraction. */
  readonly smallest: number;
  /** Relays an arm that the effect needs, by days; `smallest`: what the relays at hand can find in that time. */
  readonly options: readonly (DesignOption & { readonly smallest: number })[];
}

export interface PowerWishes {
  readonly effect: number;
  readonly power: number;
  readonly days: number;
  readonly arms: number;
  readonly relaysPerArm: number;
}

/** Spread is taken as if relays were drawn without blocks: blocks can only help, by how much only the data can tell. */
export const tabulatePower = (spread: FleetSpread, wishes: PowerWishes): PowerTable => {
  const { effect, power, days, arms, relaysPerArm } = wishes;
  // Step-down max-t is at least as good as sharing the error among the comparisons.
  const alpha = 0.05 / (arms - 1);
  const durations = [...new Set([1, 3, 7, 14, 28, days])].sort((a, b) => a - b);
  const smallestIn = (ofDays: number): number =>
    detectableEffect({ sd: figureSd(spread, ofDays), alpha }, Math.max(2, relaysPerArm), power);
  const sd = figureSd(spread, days);
  return {
    effect,
    power,
    alpha,
    spread,
    relaysPerArm,
    days,
    chance: welchPower({ effect, sd, alpha }, Math.max(2, relaysPerArm)),
    smallest: smallestIn(days),
    options: designOptions(spread, { effect, alpha }, durations, { power }).map((option) => ({
      ...option,
      smallest: smallestIn(option.days),
    })),
  };
};
