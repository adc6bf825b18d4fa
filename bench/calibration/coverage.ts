// Which interval methods are put to which fleets, and what is demanded of each: reported ones must cover 93 to 97 % of
// normal and mildly skewed relays, those known to be too narrow must be caught, the rest is only told.
import {
  type Coverage,
  coverageSizes,
  isAccepted,
  simulateCoverage,
} from '../../packages/tearless/src/stats/simulation/coverage.ts';
import {
  bootstrapTMethod,
  type IntervalMethod,
  percentileBootstrapMethod,
  reportedMethods,
  sampleLevelMethod,
} from '../../packages/tearless/src/stats/simulation/interval-method.ts';
import {
  normalPopulation,
  type Population,
  populations,
} from '../../packages/tearless/src/stats/simulation/population.ts';

/** `covers`: must land between 93 and 97 %. `fails`: must not. */
export type Demand = 'covers' | 'fails' | 'none';

export interface CoverageRun {
  readonly method: IntervalMethod;
  readonly population: Population;
  readonly relays: number;
  readonly demand: Demand;
}

export interface JudgedCoverage {
  readonly coverage: Coverage;
  readonly demand: Demand;
  readonly kept: boolean;
}

const reported = populations.flatMap((population) =>
  [...reportedMethods, ...(population.gated ? [] : [bootstrapTMethod])].flatMap((method) =>
    coverageSizes.map(
      (relays): CoverageRun => ({
        method,
        population,
        relays,
        demand: method.gated && population.gated ? 'covers' : 'none',
      }),
    ),
  ),
);

export const coverageRuns: readonly CoverageRun[] = [
  ...reported,
  { method: percentileBootstrapMethod, population: normalPopulation, relays: 10, demand: 'fails' },
  { method: sampleLevelMethod, population: normalPopulation, relays: 10, demand: 'fails' },
];

/** The same arguments give the same figures. */
export const judgeCoverage = (
  { method, population, relays, demand }: CoverageRun,
  fleets: number,
  seed: string,
): JudgedCoverage => {
  const coverage = simulateCoverage(method, population, relays, fleets, seed);
  const kept = demand === 'none' || isAccepted(coverage) === (demand === 'covers');
  return { coverage, demand, kept };
};
