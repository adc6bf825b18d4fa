// The statistic of the permutation tests: the arm's effect within blocks, divided by a standard error that does not
// assume equal spread (HC2 of MacKinnon & White, "Some heteroskedasticity-consistent covariance matrix estimators",
// 1985). With a single block it is exactly Welch's t. Studentised, because permutation of unequal spreads is only then
// right in the long run (Janssen, "Studentized permutation tests for non-i.i.d. hypotheses", 1997).
import type { UnitTable } from './units.ts';

/** Count, mean and sum of squares around the mean for each arm in each block: all that the statistic needs. */
export interface Cells {
  readonly blockCount: number;
  readonly counts: Float64Array;
  readonly means: Float64Array;
  readonly squares: Float64Array;
}

export const newCells = ({ armNames, blockCount }: UnitTable): Cells => {
  const size = armNames.length * blockCount;
  return {
    blockCount,
    counts: new Float64Array(size),
    means: new Float64Array(size),
    squares: new Float64Array(size),
  };
};

/**
 * Fills `cells` for the arms given (they may be permuted). Two passes: sums of squares keep their digits. Runs a million
 * times a report: columns are read as they are, without the check of `at` (their lengths are those of the table).
 */
export const fillCells = ({ values, blocks }: UnitTable, arms: Uint16Array, cells: Cells): void => {
  const { blockCount, counts, means, squares } = cells;
  counts.fill(0);
  means.fill(0);
  squares.fill(0);
  for (let unit = 0; unit < arms.length; unit++) {
    const cell = (arms[unit] ?? 0) * blockCount + (blocks[unit] ?? 0);
    counts[cell] = (counts[cell] ?? 0) + 1;
    means[cell] = (means[cell] ?? 0) + (values[unit] ?? 0);
  }
  for (let cell = 0; cell < counts.length; cell++) means[cell] = (means[cell] ?? 0) / (counts[cell] || 1);
  for (let unit = 0; unit < arms.length; unit++) {
    const cell = (arms[unit] ?? 0) * blockCount + (blocks[unit] ?? 0);
    squares[cell] = (squares[cell] ?? 0) + ((values[unit] ?? 0) - (means[cell] ?? 0)) ** 2;
  }
};

/**
 * t of `arm` against `control`: within each block, value and membership are taken relative to the mean of the two
 * arms' relays there; the effect is their regression.
 *
 * @returns 0 when no block holds relays of both, or the effect is 0; infinite when nothing is left to spread.
 */
export const blockT = ({ blockCount, counts, means, squares }: Cells, arm: number, control: number): number => {
  let weight = 0;
  let covariance = 0;
  for (let block = 0; block < blockCount; block++) {
    const inArm = counts[arm * blockCount + block] ?? 0;
    const inControl = counts[control * blockCount + block] ?? 0;
    if (inArm === 0 || inControl === 0) continue;
    const shared = (inArm * inControl) / (inArm + inControl);
    weight += shared;
    covariance += shared * ((means[arm * blockCount + block] ?? 0) - (means[control * blockCount + block] ?? 0));
  }
  if (weight === 0 || covariance === 0) return 0;
  const effect = covariance / weight;
  let variance = 0;
  let scale = 0;
  for (let block = 0; block < blockCount; block++) {
    const armCell = arm * blockCount + block;
    const controlCell = control * blockCount + block;
    const count = (counts[armCell] ?? 0) + (counts[controlCell] ?? 0);
    if ((counts[armCell] ?? 0) === 0 || (counts[controlCell] ?? 0) === 0) continue;
    const apart = (means[armCell] ?? 0) - (means[controlCell] ?? 0);
    for (const own of [armCell, controlCell]) {
      const others = count - (counts[own] ?? 0);
      // Membership relative to the block's mean is others / count, with a sign that its square loses.
      const membership = others / count;
      const leverage = 1 / count + membership ** 2 / weight;
      // A unit that decides its own fitted value has no residual and says nothing about the spread.
      if (leverage >= 1 - 1e-9) continue;
      const residual = membership * (apart - effect);
      const residuals = (squares[own] ?? 0) + (counts[own] ?? 0) * residual ** 2;
      variance += (membership ** 2 * residuals) / (1 - leverage);
      scale += (squares[own] ?? 0) + (counts[own] ?? 0) * (membership * apart) ** 2;
    }
  }
  // Residuals that are nothing but rounding count as none.
  if (variance <= 1e-24 * scale) return Math.sign(effect) * Number.POSITIVE_INFINITY;
  return (effect * weight) / Math.sqrt(variance);
};
