// A small part of the calibration, with fixed seeds and by the same code; `npm run -s bench -- calibration` runs it whole.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { factCodes, inferenceCodes, methodCodes } from '../../packages/tearless/src/experiments/audit/finding.ts';
import { coverageRuns, judgeCoverage } from './coverage.ts';
import { isFound, judgeClean } from './judge.ts';
import { plants } from './plants.ts';

describe('the audit', () => {
  it('tells no false fact of clean experiments and hardly raises an alarm', async () => {
    const { falseFacts, alarms } = await judgeClean(25, 'test');
    assert.equal(falseFacts, 0);
    assert.ok(alarms <= 3, `${alarms} alarms`);
  });

  for (const plant of plants)
    it(`finds ${plant.code}: ${plant.size}`, () => {
      const found = [0, 1, 2, 3].filter((index) => isFound(plant, `test/${plant.size}/${index}`)).length;
      assert.ok(found >= 3, `found in ${found} of 4`);
    });

  it('has a plant for every code', () => {
    const planted = new Set<string>(plants.map(({ code }) => code));
    assert.deepEqual(
      [...factCodes, ...methodCodes, ...inferenceCodes].filter((code) => !planted.has(code)),
      [],
    );
  });
});

describe('coverage', () => {
  it('is demanded where it is promised, and of both methods that are too narrow', () => {
    assert.equal(coverageRuns.filter(({ demand }) => demand === 'covers').length, 24);
    assert.equal(coverageRuns.filter(({ demand }) => demand === 'fails').length, 2);
  });

  for (const run of coverageRuns.filter(({ relays, demand }) => demand !== 'none' && relays <= 10))
    it(`${run.demand}: ${run.method.name}, ${run.population.name}, ${run.relays} relays`, () => {
      const { kept, coverage } = judgeCoverage(run, 1_200, 'test');
      assert.ok(kept, `${coverage.covered}`);
    });
});
