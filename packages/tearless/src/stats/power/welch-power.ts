// The chance to find an effect, and what it takes: two-sided comparison of two arms of relays by a t test.

import { checkCount, checkProbability, checkRange } from '../check.ts';
import { normalCdf } from '../distribution/normal.ts';
import { logGamma } from '../distribution/special.ts';
import { studentUpperQuantile } from '../distribution/student-t.ts';

export interface PowerQuestion {
  /** Difference of the arms' means that should be found, in the unit of the figures. */
  readonly effect: number;
  /** Standard deviation of relays' figures within an arm, in the same unit. */
  readonly sd: number;
  /** Of the control, where it spreads differently. */
  readonly controlSd?: number;
  /** Two-sided; divide it by the number of arms that are compared with control. */
  readonly alpha?: number;
}

const steps = 800;

/**
 * Probability that a noncentral t exceeds `critical` on either side: the normal probability given the estimated
 * spread, averaged over the spread's chi distribution by Simpson's rule.
 */
const noncentralBeyond = (critical: number, noncentrality: number, degrees: number): number => {
  const width = 9 / Math.sqrt(2 * degrees);
  const from = Math.max(1e-9, 1 - width);
  const step = (1 + width - from) / steps;
  const constant = Math.log(2) + (degrees / 2) * Math.log(degrees / 2) - logGamma(degrees / 2);
  let sum = 0;
  for (let index = 0; index <= steps; index++) {
    const spread = from + index * step;
    const density = Math.exp(constant + (degrees - 1) * Math.log(spread) - (degrees * spread * spread) / 2);
    const beyond = normalCdf(noncentrality - critical * spread) + normalCdf(-noncentrality - critical * spread);
    sum += density * beyond * (index === 0 || index === steps ? 1 : index % 2 === 1 ? 4 : 2);
  }
  return Math.min(1, (sum * step) / 3);
};

/** Power of `relays` against `controlRelays`; with equal spreads exactly that of the t test. @throws StatsError */
export const welchPower = (
  { effect, sd, controlSd = sd, alpha = 0.05 }: PowerQuestion,
  relays: number,
  controlRelays = relays,
): number => {
  checkCount(relays, 2, 'relays of the arm');
  checkCount(controlRelays, 2, 'relays of the control');
  checkRange(Math.abs(effect), 0, Number.MAX_VALUE, 'the effect sought');
  checkRange(sd, Number.MIN_VALUE, Number.MAX_VALUE, 'the spread between relays');
  checkRange(controlSd, Number.MIN_VALUE, Number.MAX_VALUE, 'the spread between relays of the control');
  checkProbability(alpha, 'alpha');
  const a = sd ** 2 / relays;
  const b = controlSd ** 2 / controlRelays;
  const degrees =
    sd === controlSd
      ? relays + controlRelays - 2
      : 1 / ((a / (a + b)) ** 2 / (relays - 1) + (b / (a + b)) ** 2 / (controlRelays - 1));
  return noncentralBeyond(studentUpperQuantile(alpha / 2, degrees), Math.abs(effect) / Math.sqrt(a + b), degrees);
};

/**
 * Fewest relays per arm (as many in control) that find the effect with `power`.
 * @returns undefined when `most` relays are not enough. @throws StatsError
 */
export const relaysForPower = (question: PowerQuestion, power = 0.8, most = 10_000): number | undefined => {
  checkProbability(power, 'the power sought');
  checkCount(most, 2, 'the most relays per arm');
  if (welchPower(question, most) < power) return undefined;
  let tooFew = 1;
  let enough = most;
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >>> 1;
    if (welchPower(question, middle) >= power) enough = middle;
    else tooFew = middle;
  }
  return enough;
};

/** The smallest effect that so many relays find with `power`, in the unit of `sd`. @throws StatsError */
export const detectableEffect = (
  question: Omit<PowerQuestion, 'effect'>,
  relays: number,
  power = 0.8,
  controlRelays = relays,
): number => {
  checkProbability(power, 'the power sought');
  const reaches = (effect: number): boolean => welchPower({ ...question, effect }, relays, controlRelays) >= power;
  let low = 0;
  let high = Math.max(question.sd, question.controlSd ?? question.sd);
  while (!reaches(high)) high *= 2;
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
};
