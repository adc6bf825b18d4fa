// One arm against control: how often a random assignment within the blocks gives a difference as large as the one seen.
import { at, checkCount } from '../check.ts';
import type { Random } from '../random/random.ts';
import { shuffleInPlace } from '../random/shuffle.ts';
import { StatsError } from '../stats-error.ts';
import { blockT, fillCells, newCells } from './block-t.ts';
import { tableOf, type Unit, type UnitTable } from './units.ts';

export interface PermutationResult {
  /** Two-sided. */
  readonly p: number;
  /** Welch's t, within blocks. */
  readonly t: number;
  /** `exact` over all assignments, or drawn from them with the seed. */
  readonly method: 'exact' | 'monte-carlo';
  /** Assignments looked at. */
  readonly assignments: number;
}

export interface PermutationOptions {
  /** Random assignments where they cannot all be gone through. */
  readonly permutations?: number;
  /** Up to so many, all assignments are gone through: 10 relays against 10 have 184,756. */
  readonly exactLimit?: number;
}

export const defaultPermutations = 9_999;
const defaultExactLimit = 250_000;

/** Equal statistics differ by rounding when they are summed in another order. */
export const asExtreme = (t: number, observed: number): boolean => Math.abs(t) >= Math.abs(observed) * (1 - 1e-9);

/** `n choose k`, exact up to 2^53; beyond, near enough to be above any limit. */
const choose = (n: number, k: number): number => {
  let result = 1;
  for (let step = 1; step <= Math.min(k, n - k); step++) result = (result * (n - step + 1)) / step;
  return Math.round(result);
};

/** Units of each block, blocks without units left out. */
export const unitsByBlock = ({ blocks, blockCount }: UnitTable): number[][] => {
  const byBlock = Array.from({ length: blockCount }, (): number[] => []);
  for (const [unit, block] of blocks.entries()) byBlock[block]?.push(unit);
  return byBlock.filter((units) => units.length > 0);
};

/** Calls `visit` after writing each possible assignment of `arm` (as often in each block as now) into `arms`. */
const forEachAssignment = (
  blocks: readonly (readonly number[])[],
  arms: Uint16Array,
  arm: number,
  control: number,
  visit: () => void,
): void => {
  const left = blocks.map((units) => units.filter((unit) => arms[unit] === arm).length);
  const assign = (block: number, place: number, open: number): void => {
    const units = blocks[block];
    if (units === undefined) visit();
    else if (place === units.length) assign(block + 1, 0, left[block + 1] ?? 0);
    else {
      const unit = at(units, place);
      if (open > 0) {
        arms[unit] = arm;
        assign(block, place + 1, open - 1);
      }
      if (units.length - place > open) {
        arms[unit] = control;
        assign(block, place + 1, open);
      }
    }
  };
  assign(0, 0, left[0] ?? 0);
};

/** The permutation test on a table that holds these two arms and nothing else. */
export const permuteTable = (
  table: UnitTable,
  arm: number,
  control: number,
  random: Random,
  { permutations = defaultPermutations, exactLimit = defaultExactLimit }: PermutationOptions,
): PermutationResult => {
  checkCount(permutations, 99, 'the number of permutations');
  const cells = newCells(table);
  const tOf = (labels: Uint16Array): number => {
    fillCells(table, labels, cells);
    return blockT(cells, arm, control);
  };
  const blocks = unitsByBlock(table);
  const armIn = (units: readonly number[]): number => units.filter((unit) => table.arms[unit] === arm).length;
  if (blocks.every((units) => armIn(units) === 0 || armIn(units) === units.length))
    throw new StatsError('stats-no-shared-block', 'no block holds relays of both arms, so nothing can be compared');
  const t = tOf(table.arms);
  const assignments = blocks.reduce((product, units) => product * choose(units.length, armIn(units)), 1);
  const arms = table.arms.slice();
  let extreme = 0;
  const look = (): void => {
    if (asExtreme(tOf(arms), t)) extreme += 1;
  };
  if (assignments <= exactLimit) {
    forEachAssignment(blocks, arms, arm, control, look);
    return { p: extreme / assignments, t, method: 'exact', assignments };
  }
  const places = blocks.map((units) => ({ units, labels: Uint16Array.from(units, (unit) => at(arms, unit)) }));
  for (let round = 0; round < permutations; round++) {
    for (const { units, labels } of places) {
      shuffleInPlace(labels, random);
      for (let place = 0; place < units.length; place++) arms[units[place] as number] = labels[place] as number;
    }
    look();
  }
  // The observed assignment is one of those possible: without the +1, p could be 0 and would reject too often
  // (Phipson & Smyth, "Permutation p-values should never be zero", 2010).
  return { p: (extreme + 1) / (permutations + 1), t, method: 'monte-carlo', assignments: permutations };
};

/**
 * Two-sided permutation p value of `arm` against `control`, within blocks; exact where all assignments can be gone
 * through. It is a p value of a randomised experiment; without randomisation it is conditional on exchangeability.
 *
 * @throws StatsError when units belong to other arms, an arm has fewer than two, or no block holds both.
 */
export const permutationTest = (
  units: readonly Unit[],
  arm: string,
  control: string,
  random: Random,
  options: PermutationOptions = {},
): PermutationResult => {
  const table = tableOf(units);
  for (const name of [arm, control]) {
    const count = units.filter((unit) => unit.arm === name).length;
    if (count < 2) throw new StatsError('stats-too-few', `arm '${name}' has ${count} relays, at least 2 are needed`);
  }
  const other = table.armNames.find((name) => name !== arm && name !== control);
  if (other !== undefined || arm === control)
    throw new StatsError(
      'stats-arms',
      `units of exactly '${arm}' and '${control}' are needed, found '${other ?? arm}'`,
    );
  return permuteTable(table, table.armNames.indexOf(arm), table.armNames.indexOf(control), random, options);
};
