// Many arms against one control with one family-wise error (Westfall & Young, "Resampling-Based Multiple Testing",
// 1993). At every step only the arms that are still open are permuted among themselves and control: permuting all of
// them would let an arm that differs widen the spread of the others (Petrondas & Gabriel, "Multiple comparisons by
// rerandomization tests", 1983; Romano & Wolf, "Exact and approximate stepdown methods for multiple hypothesis
// testing", 2005).
import { at, checkCount } from '../check.ts';
import { type Random, randomFromState } from '../random/random.ts';
import { shuffleInPlace } from '../random/shuffle.ts';
import { StatsError } from '../stats-error.ts';
import { blockT, fillCells, newCells } from './block-t.ts';
import { asExtreme, defaultPermutations, type PermutationOptions, permuteTable, unitsByBlock } from './permutation.ts';
import { keepArms, tableOf, type Unit, type UnitTable } from './units.ts';

export interface AdjustedArm {
  readonly arm: string;
  /** Welch's t against control, within blocks. */
  readonly t: number;
  /** Two-sided, adjusted over all arms given: below alpha means different with a family-wise error of at most alpha. */
  readonly adjustedP: number;
}

/** Share of random assignments in which the largest |t| of the open arms reaches the observed one. */
const maxTStep = (
  table: UnitTable,
  open: readonly number[],
  control: number,
  observed: number,
  permutations: number,
  random: Random,
): number => {
  const cells = newCells(table);
  const arms = table.arms.slice();
  const blocks = unitsByBlock(table).map((units) => ({
    units,
    labels: Uint16Array.from(units, (unit) => at(arms, unit)),
  }));
  let extreme = 0;
  for (let round = 0; round < permutations; round++) {
    for (const { units, labels } of blocks) {
      shuffleInPlace(labels, random);
      for (let place = 0; place < units.length; place++) arms[units[place] as number] = labels[place] as number;
    }
    fillCells(table, arms, cells);
    if (open.some((arm) => asExtreme(blockT(cells, arm, control), observed))) extreme += 1;
  }
  return (extreme + 1) / (permutations + 1);
};

export interface StepDownOptions extends PermutationOptions {
  /**
   * Where p values of steps are kept: tests of overlapping sets of relays that share a generator's state (all relays, then
   * without some) need each step once.
   */
  readonly known?: Map<string, number>;
}

const keyOf = (table: UnitTable, arm: number, open: readonly number[], control: number): string =>
  [arm, control, table.blockCount, open, table.values, table.arms, table.blocks].map(String).join(' ');

/**
 * Adjusted p values of all arms against `control`, most different first. Each step draws from the same state of `random`, so
 * that a step whose relays are the same gives the same p, whatever came before it. The last open arm is tested exactly where its
 * assignments can all be gone through.
 *
 * @throws StatsError when control is missing or alone, or an arm has fewer than two relays.
 */
export const stepDownMaxT = (
  units: readonly Unit[],
  control: string,
  random: Random,
  options: StepDownOptions = {},
): AdjustedArm[] => {
  const permutations = options.permutations ?? defaultPermutations;
  checkCount(permutations, 99, 'the number of permutations');
  const table = tableOf(units);
  const controlIndex = table.armNames.indexOf(control);
  if (controlIndex === -1) throw new StatsError('stats-arms', `no relay belongs to the control '${control}'`);
  if (table.armNames.length < 2) throw new StatsError('stats-arms', `there is no arm besides the control '${control}'`);
  for (const [index, name] of table.armNames.entries()) {
    const count = table.arms.filter((arm) => arm === index).length;
    if (count < 2) throw new StatsError('stats-too-few', `arm '${name}' has ${count} relays, at least 2 are needed`);
  }
  const cells = newCells(table);
  fillCells(table, table.arms, cells);
  const ordered = table.armNames
    .map((name, arm) => ({ name, arm, t: blockT(cells, arm, controlIndex) }))
    .filter(({ arm }) => arm !== controlIndex)
    .sort((a, b) => Math.abs(b.t) - Math.abs(a.t));
  const result: AdjustedArm[] = [];
  const known = options.known ?? new Map<string, number>();
  const start = random.state();
  let largest = 0;
  for (const [rank, { name, arm, t }] of ordered.entries()) {
    const open = ordered.slice(rank).map((other) => other.arm);
    const openTable = keepArms(table, new Set([...open, controlIndex]));
    const key = keyOf(openTable, arm, open, controlIndex);
    const p =
      known.get(key) ??
      (open.length === 1
        ? permuteTable(openTable, arm, controlIndex, randomFromState(start), options).p
        : maxTStep(openTable, open, controlIndex, t, permutations, randomFromState(start)));
    known.set(key, p);
    largest = Math.max(largest, p);
    result.push({ arm: name, t, adjustedP: largest });
  }
  return result;
};
