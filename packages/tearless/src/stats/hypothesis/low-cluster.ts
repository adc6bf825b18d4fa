// Do some relays of an arm stand apart below the others, as if they carried another setting? A suspicion only: whether
// it is true needs a cause that does not depend on memory.
//
// Statistic: over all splits of the sorted figures into a lower group of k (at most half) and the rest, the largest
// gap / s * sqrt(k * (n - k) / n), where s is the spread within the two groups. Gaps, not distances of means, because a
// long tail has distances but hardly gaps. The p value is the largest of those under three populations without
// clusters, by simulation: normal, and mildly skewed to either side. So a mild skewness of relays raises no suspicion.
import { fewestRelays } from '../arm/estimate.ts';
import { at, checkCount, checkValues } from '../check.ts';
import { drawNormal, drawSkewed } from '../random/draw.ts';
import type { Random } from '../random/random.ts';
import { StatsError } from '../stats-error.ts';

export interface LowCluster {
  /** Places of the lower group in the values handed in, lowest first. */
  readonly members: readonly number[];
  /** Between its highest figure and the lowest of the rest, in the unit of the values. */
  readonly gap: number;
  /** Larger is more apart; infinite where neither group spreads. */
  readonly statistic: number;
  readonly p: number;
}

/** What the statistic does by chance for arms of one size; costs a tenth of a second, so keep it for all arms of a size. */
export interface LowClusterNull {
  readonly relays: number;
  /** Sorted statistics, one list for each population. */
  readonly statistics: readonly Float64Array[];
}

interface Split {
  readonly count: number;
  readonly gap: number;
  readonly statistic: number;
}

/** `sorted` ascends and has at least three values. */
const widestSplit = (sorted: Float64Array): Split => {
  const n = sorted.length;
  const origin = at(sorted, n >>> 1);
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < n; index++) {
    const value = at(sorted, index) - origin;
    sum += value;
    squares += value * value;
  }
  let widest: Split = { count: 1, gap: 0, statistic: 0 };
  let below = 0;
  for (let count = 1; count <= n >>> 1; count++) {
    below += at(sorted, count - 1) - origin;
    const gap = at(sorted, count) - at(sorted, count - 1);
    if (gap <= 0) continue;
    const within = squares - (below * below) / count - (sum - below) ** 2 / (n - count);
    // Sums of squares that cancel down to rounding are no spread at all.
    const spread = within <= 1e-12 * squares ? 0 : Math.sqrt(within / (n - 2));
    const statistic = (gap / spread) * Math.sqrt((count * (n - count)) / n);
    if (statistic > widest.statistic) widest = { count, gap, statistic };
  }
  return widest;
};

const skewness = 0.75;
const populationsWithoutClusters: readonly ((random: Random) => number)[] = [
  drawNormal,
  (random) => drawSkewed(skewness, random),
  (random) => drawSkewed(-skewness, random),
];

/** Simulates the statistic for arms of `relays` relays. @throws StatsError below five relays. */
export const lowClusterNull = (relays: number, random: Random, simulations = 9_999): LowClusterNull => {
  checkCount(relays, fewestRelays, 'the number of relays of an arm');
  checkCount(simulations, 99, 'the number of simulations');
  const sample = new Float64Array(relays);
  const statistics = populationsWithoutClusters.map((draw) =>
    Float64Array.from({ length: simulations }, () => {
      for (let index = 0; index < relays; index++) sample[index] = draw(random);
      return widestSplit(sample.sort()).statistic;
    }).sort(),
  );
  return { relays, statistics };
};

/** How many of ascending `sorted` are at least `value`. */
const countFrom = (sorted: Float64Array, value: number): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(sorted, middle) < value) low = middle + 1;
    else high = middle;
  }
  return sorted.length - low;
};

/** The lower group that stands most apart, and how likely that is by chance. @throws StatsError when the sizes differ. */
export const lowCluster = (values: ArrayLike<number>, chance: LowClusterNull): LowCluster => {
  checkValues(values, fewestRelays, 'values of an arm');
  if (values.length !== chance.relays)
    throw new StatsError('stats-lengths', `${values.length} relays judged by the chance of ${chance.relays}`);
  const order = Array.from({ length: values.length }, (_, place) => place).sort(
    (a, b) => at(values, a) - at(values, b),
  );
  const { count, gap, statistic } = widestSplit(Float64Array.from(order, (place) => at(values, place)));
  const p = Math.max(
    ...chance.statistics.map((statistics) => (countFrom(statistics, statistic) + 1) / (statistics.length + 1)),
  );
  return { members: order.slice(0, count), gap, statistic, p };
};
