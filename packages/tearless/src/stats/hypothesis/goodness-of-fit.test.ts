// Against SciPy 1.17: chisquare.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNear } from '../testing/reference.ts';
import { goodnessOfFit } from './goodness-of-fit.ts';

describe('goodness of fit', () => {
  const visits = [9, 8, 9, 10, 7, 7, 26, 24, 25, 27, 23, 25];
  const oneToThree = visits.map((_, worker) => (worker < 6 ? 1 : 3));

  it('agrees with SciPy', () => {
    const { statistic, p } = goodnessOfFit([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]);
    assertNear(statistic, 3.5, 1e-12);
    assertNear(p, 0.6233876277495822, 1e-12);
    const uneven = goodnessOfFit(visits, Array(visits.length).fill(1));
    assertNear(uneven.statistic, 51.04, 1e-12);
    assertNear(uneven.p, 4.066177844051672e-7, 1e-9);
  });

  it('takes shares in any unit', () => {
    assert.deepEqual(goodnessOfFit([50, 150], [1, 3]), goodnessOfFit([50, 150], [25, 75]));
    assert.deepEqual(goodnessOfFit([50, 150], [1, 3]), { statistic: 0, p: 1 });
  });

  it('tells weights of 1 to 3 from equal ones by two hundred visits', () => {
    assert.ok(goodnessOfFit(visits, oneToThree).p > 0.001);
    assert.ok(
      goodnessOfFit(
        visits,
        visits.map(() => 1),
      ).p < 1e-6,
    );
  });

  it('refuses what no share can be compared with', () => {
    for (const [counts, shares] of [
      [[1], [1]],
      [
        [0, 0],
        [1, 1],
      ],
      [
        [1, 2, 3],
        [1, 1],
      ],
    ] as const)
      assert.throws(() => goodnessOfFit(counts, shares), { code: 'stats-too-few' });
    assert.throws(() => goodnessOfFit([1, 2], [0, 1]), { code: 'stats-out-of-range' });
    assert.throws(() => goodnessOfFit([1, 2], [Number.NaN, 1]), { code: 'stats-not-finite' });
    assert.throws(() => goodnessOfFit([1.5, 2], [1, 1]), { code: 'stats-out-of-range' });
  });
});
