// Student's t distribution with any positive degrees of freedom (Welch's are fractions), from the incomplete beta
// function.
import { checkFinite, checkProbability, checkRange } from '../check.ts';
import { StatsError } from '../stats-error.ts';
import { normalQuantile } from './normal.ts';
import { incompleteBeta, inverseIncompleteBeta, logGamma } from './special.ts';

const smallestDegrees = 1e-3;
/** Above it the first term of the Cornish-Fisher expansion is exact to all digits. */
const nearlyNormal = 1e7;
const check = (degreesOfFreedom: number): void =>
  checkRange(degreesOfFreedom, smallestDegrees, 1e12, 'the degrees of freedom of a t distribution');

/** Probability of a value beyond `|t|` on one side. */
const upperTail = (t: number, degrees: number): number =>
  incompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;

const logDensityConstant = (degrees: number): number =>
  logGamma((degrees + 1) / 2) - logGamma(degrees / 2) - 0.5 * Math.log(degrees * Math.PI);

/** Probability of a value of at most `t`; infinite `t` is allowed. */
export const studentCdf = (t: number, degreesOfFreedom: number): number => {
  check(degreesOfFreedom);
  if (t === Number.POSITIVE_INFINITY) return 1;
  if (t === Number.NEGATIVE_INFINITY) return 0;
  checkFinite([t], 'the argument of the t distribution');
  const tail = upperTail(t, degreesOfFreedom);
  return t < 0 ? tail : 1 - tail;
};

/** Probability of a value at least as far from 0 as `t`: the two-sided p value of a t statistic. */
export const studentTwoSided = (t: number, degreesOfFreedom: number): number =>
  Math.min(1, 2 * studentCdf(-Math.abs(t), degreesOfFreedom));

/**
 * The positive value beyond which a share of `tail` (below one half) lies. Given the tail, not its complement, so that
 * very small tails keep their digits.
 */
export const studentUpperQuantile = (tail: number, degreesOfFreedom: number): number => {
  check(degreesOfFreedom);
  checkProbability(tail, 'the tail of a t quantile');
  checkRange(tail, 0, 0.5, 'the tail of a t quantile');
  if (tail === 0.5) return 0;
  if (degreesOfFreedom > nearlyNormal) {
    const z = -normalQuantile(tail);
    return z + (z ** 3 + z) / (4 * degreesOfFreedom);
  }
  const half = degreesOfFreedom / 2;
  const nearMiddle = tail > 0.25;
  const beta = nearMiddle ? inverseIncompleteBeta(0.5, half, 1 - 2 * tail) : inverseIncompleteBeta(half, 0.5, 2 * tail);
  let t = Math.sqrt(nearMiddle ? (degreesOfFreedom * beta) / (1 - beta) : (degreesOfFreedom * (1 - beta)) / beta);
  // The inverse beta function gives about nine digits where degrees are many; steps of Newton's method give the rest.
  const constant = logDensityConstant(degreesOfFreedom);
  for (let round = 0; round < 3; round++) {
    const logDensity = constant - ((degreesOfFreedom + 1) / 2) * Math.log1p((t * t) / degreesOfFreedom);
    const step = (upperTail(t, degreesOfFreedom) - tail) / Math.exp(logDensity);
    if (!Number.isFinite(step) || Math.abs(step) > 0.01 * t) break;
    t += step;
  }
  if (!Number.isFinite(t))
    throw new StatsError('stats-out-of-range', `a t quantile for ${tail} and ${degreesOfFreedom} degrees is too large`);
  return t;
};

/** The value below which a share of `probability` lies. */
export const studentQuantile = (probability: number, degreesOfFreedom: number): number => {
  checkProbability(probability, 'the probability of a t quantile');
  return probability < 0.5
    ? -studentUpperQuantile(probability, degreesOfFreedom)
    : studentUpperQuantile(1 - probability, degreesOfFreedom);
};
