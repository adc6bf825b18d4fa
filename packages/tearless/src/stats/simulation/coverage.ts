// How often a nominal 95 % interval covers the truth, over many simulated fleets.
import { at, checkCount } from '../check.ts';
import { randomFromSeed } from '../random/random.ts';
import type { IntervalMethod } from './interval-method.ts';
import type { Population } from './population.ts';

export interface Coverage {
  readonly method: string;
  readonly population: string;
  readonly relaysPerArm: number;
  readonly fleets: number;
  /** Share of fleets whose interval holds the truth, and shares whose interval lies wholly below or above it. */
  readonly covered: number;
  readonly below: number;
  readonly above: number;
  /** Mean width of the intervals, in standard deviations of relays. */
  readonly width: number;
  /** Whether the method must cover 93 to 97 % of this population. */
  readonly gated: boolean;
}

/** Where nominal 95 % intervals must land. */
export const acceptedCoverage = { low: 0.93, high: 0.97 } as const;
export const isAccepted = ({ covered }: Coverage): boolean =>
  covered >= acceptedCoverage.low && covered <= acceptedCoverage.high;

/** Simulates `fleets` experiments of two arms that do not differ. The same arguments give the same figures. */
export const simulateCoverage = (
  method: IntervalMethod,
  population: Population,
  relaysPerArm: number,
  fleets: number,
  seed: string,
): Coverage => {
  checkCount(fleets, 1, 'the number of fleets');
  const random = randomFromSeed(`${seed}/${method.name}/${population.name}/${relaysPerArm}`);
  const truth = method.truth(population);
  const tally = Float64Array.of(0, 0, 0);
  let width = 0;
  for (let fleet = 0; fleet < fleets; fleet++) {
    const draw = (): number[] => Array.from({ length: relaysPerArm }, () => population.draw(random));
    const { low, high } = method.interval(draw(), draw(), population, random);
    const side = high < truth ? 0 : low > truth ? 2 : 1;
    tally[side] = at(tally, side) + 1;
    width += high - low;
  }
  return {
    method: method.name,
    population: population.name,
    relaysPerArm,
    fleets,
    covered: at(tally, 1) / fleets,
    below: at(tally, 0) / fleets,
    above: at(tally, 2) / fleets,
    width: width / fleets / population.sd,
    gated: method.gated && population.gated,
  };
};

/** The sizes of arms for which coverage is promised. */
export const coverageSizes = [7, 10, 14, 30] as const;
