// Two arms compared without assuming that they spread alike (Welch, "The generalization of Student's problem when
// several different population variances are involved", 1947).
import { checkProbability } from '../check.ts';
import { studentTwoSided, studentUpperQuantile } from '../distribution/student-t.ts';
import { StatsError } from '../stats-error.ts';
import { defaultAlpha, type Estimate } from './estimate.ts';
import { type Moments, momentsOf } from './moments.ts';

export interface Comparison extends Estimate {
  /** The figure (for a ratio: its logarithm) divided by its standard error; infinite where nothing spreads but means differ. */
  readonly t: number;
  /** Two-sided, of no difference, from the t distribution. Permutation gives the p value to report. */
  readonly p: number;
}

interface Part {
  /** Variance of the arm's mean, or of its logarithm. */
  readonly variance: number;
  readonly count: number;
}

/** Welch & Satterthwaite; without any spread, what equal variances would give. */
const degreesOf = (a: Part, b: Part): number => {
  const total = a.variance + b.variance;
  if (total === 0) return a.count + b.count - 2;
  // Shares, not squares of the variances: those of very small figures would vanish.
  return 1 / ((a.variance / total) ** 2 / (a.count - 1) + (b.variance / total) ** 2 / (b.count - 1));
};

const compare = (figure: number, a: Part, b: Part, alpha: number): Comparison => {
  checkProbability(alpha, 'alpha');
  const standardError = Math.sqrt(a.variance + b.variance);
  const degreesOfFreedom = degreesOf(a, b);
  const half = standardError * studentUpperQuantile(alpha / 2, degreesOfFreedom);
  const t = figure === 0 ? 0 : figure / standardError;
  return {
    mean: figure,
    low: figure - half,
    high: figure + half,
    standardError,
    degreesOfFreedom,
    t,
    p: studentTwoSided(t, degreesOfFreedom),
  };
};

const meanPart = ({ variance, count }: Moments): Part => ({ variance: variance / count, count });

/** Mean of `arm` minus mean of `control`. @throws StatsError with fewer than two values in either. */
export const welchDifference = (
  arm: ArrayLike<number>,
  control: ArrayLike<number>,
  alpha = defaultAlpha,
): Comparison => {
  const a = momentsOf(arm);
  const b = momentsOf(control);
  return compare(a.mean - b.mean, meanPart(a), meanPart(b), alpha);
};

/** Whether a ratio can be had: every figure is positive. Memory always is; growth rates may not be. */
export const bearsRatio = (arm: ArrayLike<number>, control: ArrayLike<number>): boolean =>
  momentsOf(arm).min > 0 && momentsOf(control).min > 0;

/**
 * Mean of `arm` divided by mean of `control`: Welch's interval for the logarithm of the ratio of the arithmetic means,
 * whose variance is `s² / (n * mean²)` per arm (the log response ratio of Hedges, Gurevitch & Curtis, "The
 * meta-analysis of response ratios in experimental ecology", 1999), taken back by the exponential. `standardError`
 * and `t` are those of the logarithm.
 *
 * @throws StatsError `stats-no-ratio` where `bearsRatio` is false.
 */
export const welchRatio = (arm: ArrayLike<number>, control: ArrayLike<number>, alpha = defaultAlpha): Comparison => {
  if (!bearsRatio(arm, control))
    throw new StatsError('stats-no-ratio', 'figures at or below 0 have no ratio', 'report the difference alone');
  const a = momentsOf(arm);
  const b = momentsOf(control);
  const logPart = ({ mean, variance, count }: Moments): Part => ({ variance: variance / count / mean ** 2, count });
  const log = compare(Math.log(a.mean / b.mean), logPart(a), logPart(b), alpha);
  return { ...log, mean: a.mean / b.mean, low: Math.exp(log.low), high: Math.exp(log.high) };
};
