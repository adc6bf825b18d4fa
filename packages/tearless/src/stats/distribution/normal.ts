// The standard normal distribution: full double precision also far out in the tails.
import { checkFinite, checkProbability } from '../check.ts';
import { inverseNormalDistribution, normalDistribution } from './special.ts';

/** Probability of a value of at most `z`. */
export const normalCdf = (z: number): number => {
  checkFinite([z], 'the argument of the normal distribution');
  return normalDistribution(z);
};

/** The value below which a share of `probability` lies. */
export const normalQuantile = (probability: number): number => {
  checkProbability(probability, 'the probability of a normal quantile');
  return inverseNormalDistribution(probability);
};
