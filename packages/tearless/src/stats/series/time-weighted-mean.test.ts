import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNear, reference } from '../testing/reference.ts';
import { timeWeightedMean } from './time-weighted-mean.ts';

describe('timeWeightedMean', () => {
  it('agrees with R', () => {
    for (const { atMs, values, mean } of reference.series)
      assertNear(timeWeightedMean({ atMs, values })?.mean ?? Number.NaN, mean, 1e-12);
  });

  it('weights samples by time, not by count', () => {
    // Ten samples crowd at 100, then a straight line of an hour down to 0: the crowd counts for its ten seconds.
    const atMs = [...Array.from({ length: 11 }, (_, second) => second * 1_000), 3_610_000];
    const values = [...new Array<number>(11).fill(100), 0];
    assertNear(timeWeightedMean({ atMs, values })?.mean ?? Number.NaN, (10 * 100 + 3_600 * 50) / 3_610, 1e-12);
  });

  it('uses the samples inside the window only', () => {
    const series = { atMs: [0, 10, 20, 40], values: [1_000, 2, 4, -1_000] };
    const inside = timeWeightedMean(series, { fromMs: 10, toMs: 30 });
    assert.deepEqual(inside, { mean: 3, samples: 2, coveredMs: 10 });
  });

  it('is the sample itself when there is one, and nothing when there is none', () => {
    const series = { atMs: [0, 10], values: [5, 7] };
    assert.deepEqual(timeWeightedMean(series, { fromMs: 9, toMs: 11 }), { mean: 7, samples: 1, coveredMs: 0 });
    assert.equal(timeWeightedMean(series, { fromMs: 11, toMs: 12 }), undefined);
  });
});
