import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../random/random.ts';
import { coverageSizes, isAccepted, simulateCoverage } from './coverage.ts';
import { bootstrapTMethod, percentileBootstrapMethod, reportedMethods, sampleLevelMethod } from './interval-method.ts';
import { mildlySkewedPopulation, normalPopulation, populations } from './population.ts';

const soak = process.env.TEARLESS_SOAK !== undefined;
const fleets = soak ? 20_000 : 2_000;
const seed = 'coverage';

describe('coverage of nominal 95 % intervals', () => {
  for (const method of reportedMethods)
    for (const population of [normalPopulation, mildlySkewedPopulation])
      it(`${method.name}, ${population.name}: lands between 93 and 97 %`, () => {
        for (const relays of coverageSizes) {
          const coverage = simulateCoverage(method, population, relays, fleets, seed);
          assert.ok(coverage.gated);
          assert.ok(isAccepted(coverage), `${coverage.covered} with ${relays} relays`);
        }
      });

  it('a percentile bootstrap over ten relays fails the same check', () => {
    const coverage = simulateCoverage(percentileBootstrapMethod, normalPopulation, 10, fleets, seed);
    assert.ok(coverage.covered < 0.93 && coverage.covered > 0.85, `${coverage.covered}`);
  });

  it('an interval over samples taken as independent fails it by far', () => {
    const coverage = simulateCoverage(sampleLevelMethod, normalPopulation, 10, fleets / 4, seed);
    assert.ok(coverage.covered < 0.6, `${coverage.covered}`);
  });

  it('skewed relays are covered better by bootstrap-t than by t', () => {
    const skewed = populations.find(({ name }) => name === 'skewed') ?? assert.fail('no skewed population');
    const [t] = reportedMethods;
    const byT = simulateCoverage(t ?? assert.fail('no method'), skewed, 10, fleets / 4, seed);
    const byBootstrap = simulateCoverage(bootstrapTMethod, skewed, 10, fleets / 4, seed);
    assert.ok(!byT.gated && byBootstrap.covered > byT.covered + 0.01, `${byT.covered}, ${byBootstrap.covered}`);
  });

  it('repeats from its seed', () => {
    const [method] = reportedMethods;
    const once = () => simulateCoverage(method ?? assert.fail('no method'), normalPopulation, 7, 50, seed);
    assert.deepEqual(once(), once());
  });
});

describe('populations', () => {
  for (const { name, mean, sd, draw } of populations)
    it(`${name}: has the mean that it states`, () => {
      const random = randomFromSeed(`population/${name}`);
      let sum = 0;
      for (let count = 0; count < 50_000; count++) sum += draw(random);
      assert.ok(Math.abs(sum / 50_000 - mean) < (5 * sd) / Math.sqrt(50_000), `${sum / 50_000}`);
    });
});
