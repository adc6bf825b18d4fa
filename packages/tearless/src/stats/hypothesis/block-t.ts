// The statistic of the permutation tests: the arm's effect within blocks, divided by a standard error that does not
// assume equal spread (HC2 of MacKinnon & White, "Some heteroskedasticity-consistent covariance matrix estimators",
// 1985). With a single block it is exactly Welch's t. Studentised, because permutation of unequal spreads is only then
// right in the long run (Janssen, "Studentized permutation tests for non-i.i.d. hypotheses", 1997).
import { at } from '../check.ts';
import type { UnitTable } from './units.ts';

/** Sums per block that one evaluation needs, kept between evaluations. */
export interface BlockSums {
  readonly armCounts: Float64Array;
  readonly counts: Float64Array;
  readonly sums: Float64Array;
}

export const newBlockSums = (blockCount: number): BlockSums => ({
  armCounts: new Float64Array(blockCount),
  counts: new Float64Array(blockCount),
  sums: new Float64Array(blockCount),
});

/**
 * t of `arm` against `control` with the arms given (they may be permuted). Within each block, value and membership
 * are taken relative to the block's mean; the effect is their regression.
 *
 * @returns 0 when no block holds relays of both, or the effect is 0; infinite when nothing is left to spread.
 */
export const blockT = (
  { values, blocks }: UnitTable,
  arms: Uint16Array,
  arm: number,
  control: number,
  { armCounts, counts, sums }: BlockSums,
): number => {
  armCounts.fill(0);
  counts.fill(0);
  sums.fill(0);
  for (let unit = 0; unit < arms.length; unit++) {
    const own = arms[unit];
    if (own !== arm && own !== control) continue;
    const block = at(blocks, unit);
    counts[block] = at(counts, block) + 1;
    sums[block] = at(sums, block) + at(values, unit);
    if (own === arm) armCounts[block] = at(armCounts, block) + 1;
  }
  let weight = 0;
  let covariance = 0;
  let scale = 0;
  for (let unit = 0; unit < arms.length; unit++) {
    const own = arms[unit];
    if (own !== arm && own !== control) continue;
    const block = at(blocks, unit);
    const membership = (own === arm ? 1 : 0) - at(armCounts, block) / at(counts, block);
    const value = at(values, unit) - at(sums, block) / at(counts, block);
    weight += membership * membership;
    covariance += membership * value;
    scale += value * value;
  }
  if (weight === 0 || covariance === 0) return 0;
  const effect = covariance / weight;
  let variance = 0;
  for (let unit = 0; unit < arms.length; unit++) {
    const own = arms[unit];
    if (own !== arm && own !== control) continue;
    const block = at(blocks, unit);
    const membership = (own === arm ? 1 : 0) - at(armCounts, block) / at(counts, block);
    const residual = at(values, unit) - at(sums, block) / at(counts, block) - effect * membership;
    const leverage = 1 / at(counts, block) + (membership * membership) / weight;
    // A unit that decides its own fitted value has no residual and says nothing about the spread.
    if (leverage < 1 - 1e-9) variance += (membership * membership * residual * residual) / (1 - leverage);
  }
  // Residuals that are nothing but rounding count as none.
  if (variance <= 1e-24 * scale) return Math.sign(effect) * Number.POSITIVE_INFINITY;
  return (effect * weight) / Math.sqrt(variance);
};
