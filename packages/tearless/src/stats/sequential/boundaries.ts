// The critical value of each look at a running experiment, so that all looks together are wrong at most alpha of the
// time where nothing differs. The distribution of the path that has not yet crossed is carried from look to look
// (Armitage, McPherson & Rowe, "Repeated significance tests on accumulating data", 1969; Jennison & Turnbull, "Group
// Sequential Methods with Applications to Clinical Trials", 2000, chapter 19).
import { at, checkProbability, checkRange } from '../check.ts';
import { normalCdf } from '../distribution/normal.ts';
import { StatsError } from '../stats-error.ts';
import { spentAlpha } from './spending.ts';

export interface Look {
  /** Share of the planned duration that has passed, up to 1. */
  readonly fraction: number;
  /** The experiment differs where |z| reaches this. */
  readonly critical: number;
  /** What this look may use as two-sided alpha of its own tests and intervals: the tail beyond `critical`. */
  readonly nominalAlpha: number;
  /** Two-sided error used up by this look and those before it. */
  readonly spent: number;
}

/** Looks nearer to one another than a thousandth of the plan are one look. */
export const closestLooks = 0.001;
/** Beyond it a normal value does not occur: such a look spends nothing. */
const farthest = 8;
const pointsPerDeviation = 12;

/** Density of the path (Brownian motion) at a look, among paths that have not crossed; Simpson weights. */
interface Path {
  readonly places: Float64Array;
  readonly masses: Float64Array;
}

const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);

/** Probability of being beyond `bound` on either side after a step of standard deviation `deviation`. */
const crossing = ({ places, masses }: Path, bound: number, deviation: number): number => {
  let sum = 0;
  for (let index = 0; index < places.length; index++) {
    const place = at(places, index);
    const above = (bound - place) / deviation;
    const below = (bound + place) / deviation;
    if (above < 9) sum += at(masses, index) * normalCdf(-above);
    if (below < 9) sum += at(masses, index) * normalCdf(-below);
  }
  return sum;
};

const advance = (path: Path, bound: number, deviation: number): Path => {
  const intervals = 2 * Math.max(32, Math.ceil((pointsPerDeviation * bound) / deviation));
  const width = (2 * bound) / intervals;
  const places = Float64Array.from({ length: intervals + 1 }, (_, index) => -bound + index * width);
  const masses = new Float64Array(intervals + 1);
  for (let index = 0; index <= intervals; index++) {
    const simpson = index === 0 || index === intervals ? 1 : index % 2 === 1 ? 4 : 2;
    let density = 0;
    for (let from = 0; from < path.places.length; from++) {
      const step = (at(places, index) - at(path.places, from)) / deviation;
      if (step < 9 && step > -9) density += at(path.masses, from) * normalDensity(step);
    }
    masses[index] = (simpson * width * density) / (3 * deviation);
  }
  return { places, masses };
};

const checkFractions = (fractions: readonly number[]): void => {
  for (const [index, fraction] of fractions.entries()) {
    checkRange(fraction, closestLooks, 1, `the fraction of look ${index + 1}`);
    const before = fractions[index - 1];
    if (before !== undefined && fraction - before < closestLooks * (1 - 1e-9))
      throw new StatsError(
        'stats-looks',
        `look ${index + 1} at ${fraction} of the plan is not at least ${closestLooks} after the look at ${before}`,
        'list looks in order of time and count two that are as near as one',
      );
  }
};

/**
 * Critical values of looks at these fractions of the planned experiment; they need not be evenly spaced nor known in
 * advance, only independent of what was seen. After fraction 1 everything is spent: longer experiments need a new plan.
 *
 * Why it holds here, where the relays stay the same: if all spread came from day to day, looks at fractions s < t would
 * correlate by sqrt(s / t), and the values would be exact. Differences between relays that last make looks correlate
 * more, which makes the largest of them smaller (Slepian's inequality, once for each side), so the error stays below alpha.
 *
 * @throws StatsError for fractions out of order, out of range or nearer than a thousandth.
 */
export const sequentialLooks = (fractions: readonly number[], alpha: number): Look[] => {
  checkProbability(alpha, 'alpha');
  checkFractions(fractions);
  const looks: Look[] = [];
  let path: Path = { places: Float64Array.of(0), masses: Float64Array.of(1) };
  let before = 0;
  let spent = 0;
  for (const fraction of fractions) {
    const deviation = Math.sqrt(fraction - before);
    const scale = Math.sqrt(fraction);
    const open = spentAlpha(fraction, alpha) - spent;
    let low = 0;
    let high = farthest;
    if (crossing(path, farthest * scale, deviation) < open) {
      for (let round = 0; round < 50; round++) {
        const middle = (low + high) / 2;
        if (crossing(path, middle * scale, deviation) > open) low = middle;
        else high = middle;
      }
      spent += open;
    }
    const critical = high;
    looks.push({ fraction, critical, nominalAlpha: 2 * normalCdf(-critical), spent });
    path = advance(path, critical * scale, deviation);
    before = fraction;
  }
  return looks;
};
