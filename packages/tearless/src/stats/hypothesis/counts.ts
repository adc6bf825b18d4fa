// Tests on counts: how likely so many hits are by chance. One-sided, exact.
import { checkCount, checkProbability, checkRange } from '../check.ts';
import { incompleteBeta, logGamma } from '../distribution/special.ts';
import { StatsError } from '../stats-error.ts';

export interface Hits {
  readonly hits: number;
  readonly of: number;
}

const checkHits = ({ hits, of }: Hits): void => {
  checkCount(hits, 0, 'the number of hits');
  checkCount(of, 0, 'the number of tries');
  if (hits > of) throw new StatsError('stats-out-of-range', `${hits} hits in ${of} tries`);
};

/** Probability of at least `hits` in `of` independent tries that each hit with probability `rate`. */
export const binomialUpperTail = ({ hits, of }: Hits, rate: number): number => {
  checkHits({ hits, of });
  checkProbability(rate, 'the rate of hits');
  return hits === 0 ? 1 : incompleteBeta(hits, of - hits + 1, rate);
};

const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/**
 * Probability that, of all hits spread at random over both groups, so many or more fall into the first (Fisher, "The
 * logic of inductive inference", 1935, one-sided). 1 where a group is empty.
 */
export const fisherExact = (first: Hits, second: Hits): number => {
  checkHits(first);
  checkHits(second);
  const hits = first.hits + second.hits;
  const all = first.of + second.of;
  if (first.of === 0 || second.of === 0) return 1;
  const whole = logChoose(all, hits);
  let p = 0;
  for (let own = first.hits; own <= Math.min(hits, first.of); own++)
    if (hits - own <= second.of) p += Math.exp(logChoose(first.of, own) + logChoose(second.of, hits - own) - whole);
  return Math.min(1, p);
};

/** Independent p values as one (Fisher, "Statistical methods for research workers", 1925). @throws StatsError without any. */
export const combinePValues = (pValues: readonly number[]): number => {
  checkCount(pValues.length, 1, 'the number of p values');
  for (const p of pValues) checkRange(p, 0, 1, 'a p value');
  const product = pValues.reduce((all, p) => all * p, 1);
  if (product === 0) return 0;
  // The upper tail of chi squared with twice as many degrees of freedom as p values, in closed form.
  const logarithm = -Math.log(product);
  let term = 1;
  let sum = 1;
  for (let index = 1; index < pValues.length; index++) {
    term *= logarithm / index;
    sum += term;
  }
  return Math.min(1, product * sum);
};
