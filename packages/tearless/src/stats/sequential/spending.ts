// How much of the error may be used up until a look (Lan & DeMets, "Discrete sequential boundaries for clinical
// trials", 1983), in the form that follows O'Brien & Fleming: next to nothing early, nearly all at the planned end.
import { checkProbability, checkRange } from '../check.ts';
import { normalCdf, normalQuantile } from '../distribution/normal.ts';

/**
 * Two-sided error spent when a `fraction` (0 to 1) of the planned experiment has passed: each side spends
 * `2 - 2 * Phi(z / sqrt(fraction))` of `alpha / 2`, where z is the normal quantile of `1 - alpha / 4`.
 */
export const spentAlpha = (fraction: number, alpha: number): number => {
  checkRange(fraction, 0, 1, 'the fraction of the experiment that has passed');
  checkProbability(alpha, 'alpha');
  if (fraction === 0) return 0;
  if (fraction === 1) return alpha;
  return 4 * normalCdf(normalQuantile(alpha / 4) / Math.sqrt(fraction));
};
