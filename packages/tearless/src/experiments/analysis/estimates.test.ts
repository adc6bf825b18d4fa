import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../../stats/random/random.ts';
import { estimateArm, estimateVersus } from './estimates.ts';

const random = () => randomFromSeed('estimates');
/** Nine relays that hardly differ and one that carries an earlier setting: resamples without it have hardly any spread. */
const mixed = [0.4, 2.31, 2.311, 2.312, 2.313, 2.314, 2.315, 2.316, 2.317, 2.318].map((gb) => gb * 1e9);
const skewed = [1, 1.01, 1.02, 1.03, 1.05, 1.06, 1.08, 1.6].map((gb) => gb * 1e9);
const plain = [5, 5.001, 5.002, 5.003, 5.004, 5.005].map((gb) => gb * 1e9);

describe('the interval beside a skewed arm', () => {
  it('is given where it can be', () => {
    const { bootstrapT } = estimateArm(skewed, random(), 0) ?? assert.fail();
    assert.ok(bootstrapT && bootstrapT.low > 0 && bootstrapT.low < bootstrapT.high);
  });

  it('is not given where it would say that memory is below zero', () => {
    const free = estimateArm(mixed, random()) ?? assert.fail();
    assert.ok(free.bootstrapT && free.bootstrapT.low < 0, 'the sample is one that reaches below zero');
    assert.equal(estimateArm(mixed, random(), 0)?.bootstrapT, null);
  });

  it('of a difference is not given where it would say that the arm holds less than nothing', () => {
    const { difference } = estimateVersus(mixed, plain, random()) ?? assert.fail();
    assert.equal(difference.bootstrapT, null);
  });

  it('is not there for an arm without skew', () =>
    assert.equal('bootstrapT' in (estimateArm(plain, random(), 0) ?? {}), false));
});
