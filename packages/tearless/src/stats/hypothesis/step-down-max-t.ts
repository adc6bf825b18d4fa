// Many arms against one control with one family-wise error (Westfall & Young, "Resampling-Based Multiple Testing",
// 1993). At every step only the arms that are still open are permuted among themselves and control: permuting all of
// them would let an arm that differs widen the spread of the others (Petrondas & Gabriel, "Multiple comparisons by
// rerandomization tests", 1983; Romano & Wolf, "Exact and approximate stepdown methods for multiple hypothesis
// testing", 2005).
import { at, checkCount } from '../check.ts';
import type { Random } from '../random/random.ts';
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
      for (let place = 0; place < units.length; place++) arms[at(units, place)] = at(labels, place);
    }
    fillCells(table, arms, cells);
    if (open.some((arm) => asExtreme(blockT(cells, arm, control), observed))) extreme += 1;
  }
  return (extreme + 1) / (permutations + 1);
};

/**
 * Adjusted p values of all arms against `control`, most different first. The last open arm is tested exactly where its
 * assignments can all be gone through.
 *
 * @throws StatsError when control is missing or alone, or an arm has fewer than two relays.
 */
export const stepDownMaxT = (
  units: readonly Unit[],
  control: string,
  random: Random,
  options: PermutationOptions = {},
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
  let largest = 0;
  for (const [rank, { name, arm, t }] of ordered.entries()) {
    const open = ordered.slice(rank).map((other) => other.arm);
    const openTable = keepArms(table, new Set([...open, controlIndex]));
    const p =
      open.length === 1
        ? permuteTable(openTable, arm, controlIndex, random, options).p
        : maxTStep(openTable, open, controlIndex, t, permutations, random);
    largest = Math.max(largest, p);
    result.push({ arm: name, t, adjustedP: largest });
  }
  return result;
};
