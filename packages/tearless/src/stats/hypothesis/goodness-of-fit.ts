// Do counts fit the shares that were meant? Pearson's chi squared (Philosophical Magazine 50, 1900).
import { at, checkCount, checkFinite } from '../check.ts';
import { upperIncompleteGamma } from '../distribution/special.ts';
import { StatsError } from '../stats-error.ts';

export interface GoodnessOfFit {
  readonly statistic: number;
  /** How likely counts at least as far from the shares are by chance. Good from about one count expected of each. */
  readonly p: number;
}

/**
 * @param shares what each count is meant to have, in any unit: 1 and 3 are a quarter and three quarters
 * @throws StatsError `stats-too-few` without two shares or any count, `stats-out-of-range` for shares not above 0
 */
export const goodnessOfFit = (counts: readonly number[], shares: readonly number[]): GoodnessOfFit => {
  if (counts.length !== shares.length || counts.length < 2)
    throw new StatsError('stats-too-few', `${counts.length} counts and ${shares.length} shares; it takes two of each`);
  for (const count of counts) checkCount(count, 0, 'a count');
  checkFinite(shares, 'shares');
  if (shares.some((share) => share <= 0)) throw new StatsError('stats-out-of-range', 'a share must be above 0');
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new StatsError('stats-too-few', 'nothing was counted');
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const statistic = counts.reduce((sum, count, index) => {
    const expected = (at(shares, index) / whole) * total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return { statistic, p: upperIncompleteGamma((counts.length - 1) / 2, statistic / 2) };
};
