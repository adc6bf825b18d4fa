// Whether the arms were alike before anything was done to them, and whether the analysis leaves such arms alone. Pure.
import { welchDifference } from '../../stats/arm/welch.ts';
import { imbalance } from '../../stats/hypothesis/imbalance.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import { assignBlock } from './assignment.ts';

export interface Balance {
  /** `memory`, `bandwidth`, or a flag. */
  readonly figure: string;
  /** Mean of each arm; a flag counts as 1. */
  readonly byArm: Readonly<Record<string, number>>;
  /** How often a random assignment without blocks is as unbalanced. */
  readonly p: number;
}

export interface BalanceFigure {
  readonly figure: string;
  readonly of: (relay: string) => number | undefined;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Figures that some relay lacks are compared among those that have them; a figure that none or all have alike is left out. */
export const describeBalance = (
  blocks: readonly Readonly<Record<string, string>>[],
  figures: readonly BalanceFigure[],
  seed: string,
): Balance[] =>
  figures.flatMap(({ figure, of }): Balance[] => {
    const units = blocks.flatMap((block) =>
      Object.entries(block).flatMap(([arm, relay]) => {
        const value = of(relay);
        return value === undefined ? [] : [{ arm, value }];
      }),
    );
    const arms = [...new Set(units.map(({ arm }) => arm))];
    if (arms.length < 2 || new Set(units.map(({ value }) => value)).size < 2) return [];
    const byArm = Object.fromEntries(
      arms.map((arm) => [arm, mean(units.filter((unit) => unit.arm === arm).map(({ value }) => value))]),
    );
    return [{ figure, byArm, p: imbalance(units, randomFromSeed(`${seed}/balance/${figure}`)).p }];
  });

export interface SameArmsCheck {
  /** Assignments drawn anew over the same blocks, all arms treated alike. */
  readonly draws: number;
  /** Share of them in which some arm seemed to differ from control: 5 % or less is right. */
  readonly falseShare: number;
}

const aaDraws = 2_000;

/**
 * An A/A check without waiting: memory before the start, compared as the report will compare it, under assignments that the
 * same procedure could have drawn. Nothing was done to any relay, so every difference that it finds is false.
 *
 * @returns undefined where arms are too small to be compared at all
 */
export const checkSameArms = (
  blocks: readonly (readonly string[])[],
  arms: readonly string[],
  control: string,
  memoryOf: (relay: string) => number | undefined,
  seed: string,
): SameArmsCheck | undefined => {
  const complete = blocks.filter((block) => block.every((relay) => memoryOf(relay) !== undefined));
  if (complete.length < 5) return undefined;
  let wrong = 0;
  for (let draw = 0; draw < aaDraws; draw++) {
    const assigned = complete.map((block) => assignBlock(block, arms, `${seed}/aa/${draw}`));
    const figuresOf = (arm: string): number[] => assigned.map((block) => memoryOf(block[arm] ?? '') ?? 0);
    const own = figuresOf(control);
    const found = arms.some(
      (arm) => arm !== control && welchDifference(figuresOf(arm), own).p < 0.05 / (arms.length - 1),
    );
    if (found) wrong += 1;
  }
  return { draws: aaDraws, falseShare: wrong / aaDraws };
};
