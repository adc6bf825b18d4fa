// Whether the audit and the intervals of reports are as right as they say, on simulated experiments whose truth is known:
// how often a clean one raises an alarm, how often what was planted is found, how often an interval covers the truth.
import { setImmediate } from 'node:timers/promises';
import { coverageRuns, type JudgedCoverage, judgeCoverage } from './calibration/coverage.ts';
import { isFound, judgeClean } from './calibration/judge.ts';
import { type Plant, plants } from './calibration/plants.ts';
import type { Benchmark, BenchmarkContext, Measurement } from './core/benchmark.ts';

const seed = 'calibration';
const cleanExperiments = 1_000;
const plantedExperiments = 200;
const fleets = 4_000;
/** Of 1,000 clean experiments: so few alarms show an error rate below 5 % with a confidence of 95 %. */
const mostAlarms = 38;
/** Percent: power of at least 80 %. */
const mostMissed = 20;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const measureClean = async ({ progress, signal }: BenchmarkContext): Promise<Measurement[]> => {
  const tally = await judgeClean(cleanExperiments, seed, async (done) => {
    if (done % 200 === 0) progress(`${done} of ${cleanExperiments} clean experiments`);
    await setImmediate();
    signal.throwIfAborted();
  });
  progress(`alarms by code: ${JSON.stringify(tally.byCode)}`);
  return [
    { name: 'calibration/false-facts', unit: 'count', ours: tally.falseFacts, limit: 0 },
    { name: 'calibration/alarms', unit: 'count', ours: tally.alarms, limit: mostAlarms },
  ];
};

const measurePlant = async (plant: Plant, { progress, signal }: BenchmarkContext): Promise<number> => {
  let found = 0;
  for (let index = 0; index < plantedExperiments; index++) {
    if (isFound(plant, `${seed}/${plant.code}/${plant.size}/${index}`)) found += 1;
    await setImmediate();
    signal.throwIfAborted();
  }
  const power = found / plantedExperiments;
  progress(`found ${percent(power)}: ${plant.code}, ${plant.size}`);
  return power;
};

/** The least power of each code's plants, told as what was missed. */
const measurePower = async (context: BenchmarkContext): Promise<Measurement[]> => {
  const measurements: Measurement[] = [];
  for (const [code, own] of Map.groupBy(plants, (plant) => plant.code)) {
    let least = 1;
    for (const plant of own) least = Math.min(least, await measurePlant(plant, context));
    measurements.push({
      name: `calibration/missed/${code}`,
      unit: '%',
      ours: 100 * (1 - least),
      limit: mostMissed,
    });
  }
  return measurements;
};

const measureCoverage = async ({ progress, signal }: BenchmarkContext): Promise<Measurement[]> => {
  const judged: JudgedCoverage[] = [];
  for (const run of coverageRuns) {
    const one = judgeCoverage(run, fleets, seed);
    judged.push(one);
    const { coverage, demand } = one;
    progress(
      `${coverage.method}, ${coverage.population}, ${coverage.relaysPerArm} relays: ${percent(coverage.covered)}${demand === 'none' ? '' : `, which ${one.kept ? 'is' : 'is not'} as it must`}`,
    );
    await setImmediate();
    signal.throwIfAborted();
  }
  const broken = (demand: JudgedCoverage['demand']): number =>
    judged.filter((one) => one.demand === demand && !one.kept).length;
  return [
    { name: 'calibration/coverage-outside', unit: 'count', ours: broken('covers'), limit: 0 },
    { name: 'calibration/narrow-not-caught', unit: 'count', ours: broken('fails'), limit: 0 },
  ];
};

export const benchmark: Benchmark = {
  summary: 'false alarms and power of the audit, coverage of intervals, on simulated experiments',
  run: async (context) => [
    ...(await measureClean(context)),
    ...(await measurePower(context)),
    ...(await measureCoverage(context)),
  ],
};
