// Fleets whose truth is known, to see whether an interval covers it as often as it says. A figure is one relay's mean.
import { drawGamma, drawNormal, drawSkewed } from '../random/draw.ts';
import type { Random } from '../random/random.ts';

export interface Population {
  readonly name: string;
  /** True where nominal 95 % intervals must cover 93 to 97 %; otherwise coverage is only reported. */
  readonly gated: boolean;
  /** Mean of all relays that could be, and their standard deviation. */
  readonly mean: number;
  readonly sd: number;
  draw(random: Random): number;
}

// Relays of one arm spread by a few percent.
const mean = 20;
const sd = 1;
const scaled = (name: string, gated: boolean, drawStandard: (random: Random) => number): Population => ({
  name,
  gated,
  mean,
  sd,
  draw: (random) => mean + sd * drawStandard(random),
});

/** What is called mildly skewed here and in the docs: a gamma distribution of skewness 0.75. */
export const mildSkewness = 0.75;

const rareShare = 0.05;
const rareDistance = 6;
/** Standard deviation of a standard normal of which a rare share lies far lower. */
const rareSd = Math.sqrt(1 + rareShare * (1 - rareShare) * rareDistance ** 2);

/** Student's t with 3 degrees of freedom, made standard; cut on both sides where figures would not be positive. */
const drawHeavyTailed = (random: Random): number => {
  for (;;) {
    const value = drawNormal(random) / Math.sqrt((2 * drawGamma(1.5, random)) / 3) / Math.sqrt(3);
    if (Math.abs(value) < (0.9 * mean) / sd) return value;
  }
};

export const normalPopulation = scaled('normal', true, drawNormal);
export const mildlySkewedPopulation = scaled('mildly-skewed', true, (random) => drawSkewed(mildSkewness, random));

export const populations: readonly Population[] = [
  normalPopulation,
  mildlySkewedPopulation,
  // Exponential: skewness 2.
  scaled('skewed', false, (random) => drawSkewed(2, random)),
  scaled('heavy-tailed', false, drawHeavyTailed),
  // One relay of twenty carries another setting; many an arm does not happen to contain one.
  scaled('rare-mixture', false, (random) => {
    const low = random.uniform() < rareShare;
    return (drawNormal(random) - (low ? rareDistance : 0) + rareShare * rareDistance) / rareSd;
  }),
];
