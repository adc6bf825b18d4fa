// Experiments that are watched every day, simulated: how often some look tells an arm apart, and how often looks that take
// 5 % each would. For tests and calibration.
import { welchRatio } from '../../../stats/arm/welch.ts';
import { drawNormal } from '../../../stats/random/draw.ts';
import { type Random, randomFromSeed } from '../../../stats/random/random.ts';
import { type LookLevels, levelsOf } from '../levels.ts';
import { compareAtLevel } from '../take-look.ts';

/** Spread as a fraction of the mean. */
export interface WatchedFleet {
  readonly lastingSd: number;
  readonly dailySd: number;
  /** Of a day with the next. */
  readonly dailyCorrelation: number;
  readonly relaysPerArm: number;
  readonly days: number;
  /** Memory of each arm as a share of that of control. */
  readonly effects: readonly number[];
}

/** A relay's mean from the start until the end of each day. */
const drawRelay = (fleet: WatchedFleet, effect: number, random: Random): number[] => {
  const lasting = fleet.lastingSd * drawNormal(random);
  const { dailyCorrelation: r } = fleet;
  let day = drawNormal(random);
  let sum = 0;
  return Array.from({ length: fleet.days }, (_, index) => {
    day = r * day + Math.sqrt(1 - r * r) * drawNormal(random);
    sum += 1 + lasting + fleet.dailySd * day;
    return (1e9 * effect * sum) / (index + 1);
  });
};

const drawArm = (fleet: WatchedFleet, effect: number, random: Random): number[][] =>
  Array.from({ length: fleet.relaysPerArm }, () => drawRelay(fleet, effect, random));

const on = (arm: readonly (readonly number[])[], day: number): number[] => arm.map((relay) => relay[day] ?? 0);

export interface Stops {
  /** Share of experiments in which some look told some arm apart. */
  readonly spending: number;
  /** The same with 5 % at each look, shared among arms. */
  readonly naive: number;
}

/** @param rounds experiments; one look a day at each */
export const simulateWatching = (fleet: WatchedFleet, rounds: number, seed: string): Stops => {
  const random = randomFromSeed(seed);
  const fractions = Array.from({ length: fleet.days }, (_, index) => (index + 1) / fleet.days);
  const levels = fractions.map((_, day): LookLevels => levelsOf(fractions.slice(0, day + 1), fleet.effects.length));
  let [spending, naive] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const control = drawArm(fleet, 1, random);
    const arms = fleet.effects.map((effect) => drawArm(fleet, effect, random));
    const some = (isTold: (own: number[], other: number[], day: number) => boolean): boolean =>
      levels.some((_, day) => arms.some((arm) => isTold(on(arm, day), on(control, day), day)));
    if (some((own, other, day) => compareAtLevel(own, other, levels[day]?.nominalAlpha ?? 0).toldApart)) spending += 1;
    if (some((own, other) => welchRatio(own, other).p < 0.05 / arms.length)) naive += 1;
  }
  return { spending: spending / rounds, naive: naive / rounds };
};
