import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from '../random/random.ts';
import { assertNear, reference } from '../testing/reference.ts';
import { imbalance } from './imbalance.ts';

const unitsOf = (values: readonly number[], arms: readonly string[]) =>
  values.map((value, index) => ({ value, arm: arms[index] ?? '' }));

describe('imbalance', () => {
  it("has R's statistic, and a p value near its approximation", () => {
    for (const { values, arms, statistic, p } of reference.imbalance) {
      const own = imbalance(unitsOf(values, arms), randomFromSeed('imbalance'));
      assertNear(own.statistic, statistic, 1e-9);
      assert.ok(Math.abs(own.p - p) < 0.03, `${own.p}, ${p}`);
    }
  });

  it('has nothing to find where all are equal, and finds arms that share nothing', () => {
    const arms = ['A', 'A', 'A', 'A', 'A', 'Z', 'Z', 'Z', 'Z', 'Z'];
    const random = randomFromSeed('x');
    assert.deepEqual(imbalance(unitsOf(new Array<number>(10).fill(3), arms), random), { statistic: 0, p: 1 });
    const apart = imbalance(unitsOf([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], arms), random);
    assert.ok(apart.p > 0.004 && apart.p < 0.012, `${apart.p}, exactly 2 of 252`);
  });

  it('needs two arms', () => {
    assert.throws(() => imbalance(unitsOf([1, 2], ['A', 'A']), randomFromSeed('x')), { code: 'stats-arms' });
    assert.throws(() => imbalance([], randomFromSeed('x')), { code: 'stats-too-few' });
  });
});
