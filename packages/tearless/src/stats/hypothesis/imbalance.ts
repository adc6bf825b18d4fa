// Do arms differ in something that assignment should have balanced (bandwidth, a flag as 0 and 1, memory before the
// start)? Kruskal & Wallis, "Use of ranks in one-criterion variance analysis" (1952), with its p value by permutation:
// ranks, because bandwidths are very skewed; permutation, because flags are mostly ties.
import { at, checkCount } from '../check.ts';
import type { Random } from '../random/random.ts';
import { shuffleInPlace } from '../random/shuffle.ts';
import { StatsError } from '../stats-error.ts';
import { defaultPermutations } from './permutation.ts';
import { tableOf, type Unit } from './units.ts';

export interface Imbalance {
  /** Kruskal and Wallis's H, corrected for ties; 0 where all values are equal. */
  readonly statistic: number;
  /** How often random assignment is as unbalanced. */
  readonly p: number;
}

/** Ranks from 1; equal values share the mean of theirs. */
const ranksOf = (values: Float64Array): Float64Array => {
  const order = Array.from(values.keys()).sort((a, b) => at(values, a) - at(values, b));
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length; ) {
    const value = at(values, at(order, first));
    let end = first;
    while (end < order.length && at(values, at(order, end)) === value) end += 1;
    for (let place = first; place < end; place++) ranks[at(order, place)] = (first + end + 1) / 2;
    first = end;
  }
  return ranks;
};

/** Blocks of the units play no part: the question is the whole assignment. @throws StatsError with fewer than two arms. */
export const imbalance = (units: readonly Unit[], random: Random, permutations = defaultPermutations): Imbalance => {
  checkCount(permutations, 99, 'the number of permutations');
  const { values, arms, armNames } = tableOf(units);
  if (armNames.length < 2) throw new StatsError('stats-arms', 'imbalance needs at least two arms');
  const ranks = ranksOf(values);
  const middle = (units.length + 1) / 2;
  const counts = armNames.map((_, arm) => arms.filter((own) => own === arm).length);
  const sums = new Float64Array(armNames.length);
  const between = (labels: Uint16Array): number => {
    sums.fill(0);
    for (let unit = 0; unit < labels.length; unit++) {
      const arm = at(labels, unit);
      sums[arm] = at(sums, arm) + at(ranks, unit) - middle;
    }
    return counts.reduce((total, count, arm) => total + at(sums, arm) ** 2 / count, 0);
  };
  const observed = between(arms);
  const spread = ranks.reduce((sum, rank) => sum + (rank - middle) ** 2, 0) / (units.length - 1);
  if (spread === 0) return { statistic: 0, p: 1 };
  const labels = arms.slice();
  let extreme = 0;
  for (let round = 0; round < permutations; round++) {
    shuffleInPlace(labels, random);
    if (between(labels) >= observed * (1 - 1e-9)) extreme += 1;
  }
  return { statistic: observed / spread, p: (extreme + 1) / (permutations + 1) };
};
