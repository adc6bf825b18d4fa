// Draws from distributions other than the uniform one, for simulations. Each takes the generator that is handed in.
import { checkRange } from '../check.ts';
import type { Random } from './random.ts';

/** Standard normal (Box & Muller, 1958; the second of the pair is not kept, so that a draw has no hidden state). */
export const drawNormal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

/** Gamma with scale 1, shape at least 1 (Marsaglia & Tsang, "A simple method for generating gamma variables", 2000). */
export const drawGamma = (shape: number, random: Random): number => {
  checkRange(shape, 1, Number.MAX_VALUE, 'the shape of a gamma distribution');
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < x * x * 0.5 + d - d * v + d * Math.log(v)) return d * v;
  }
};

/** Gamma made standard (mean 0, variance 1) with a given skewness other than 0: its sign is the side of the long tail. */
export const drawSkewed = (skewness: number, random: Random): number => {
  const shape = 4 / (skewness * skewness);
  return (Math.sign(skewness) * (drawGamma(shape, random) - shape)) / Math.sqrt(shape);
};
