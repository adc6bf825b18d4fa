import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alignSeries } from './aligned.ts';
import { binSeries, thinSeries } from './time-bins.ts';

describe('thinSeries', () => {
  it('takes the medians of each bin and leaves empty bins out', () => {
    const series = { atMs: [0, 1, 2, 10, 90, 100], values: [1, 50, 3, 4, 7, 8] };
    assert.deepEqual(thinSeries(series, 4), { atMs: [1.5, 95], values: [3.5, 7.5] });
  });

  it('leaves a series alone that is short enough', () => {
    const series = { atMs: [0, 5], values: [1, 2] };
    assert.equal(thinSeries(series, 2), series);
  });
});

describe('binSeries', () => {
  it('takes means inside the window and marks empty bins', () => {
    const series = { atMs: [-1, 0, 4, 25, 30, 31], values: [100, 1, 3, 5, 7, 100] };
    const { bins, widthMs } = binSeries(series, { fromMs: 0, toMs: 30 }, 3);
    assert.deepEqual([widthMs, ...bins], [10, 2, undefined, 6]);
  });

  it('refuses a window without length', () => {
    assert.throws(() => binSeries({ atMs: [], values: [] }, { fromMs: 5, toMs: 5 }, 3), { code: 'stats-window' });
  });
});

describe('alignSeries', () => {
  it('fills gaps on a straight line, and leaves out relays that are mostly gaps', () => {
    const atMs = [5, 15, 25, 35, 45];
    const full = { atMs, values: [1, 2, 3, 4, 5] };
    const gap = { atMs: [5, 15, 35, 45], values: [10, 20, 40, 50] };
    const sparse = { atMs: [5], values: [7] };
    const { rows, leftOut, atMs: middles } = alignSeries([full, gap, sparse], { fromMs: 0, toMs: 50 }, 5);
    assert.deepEqual(middles, atMs);
    assert.deepEqual(rows, [
      [1, 2, 3, 4, 5],
      [10, 20, 30, 40, 50],
    ]);
    assert.deepEqual(leftOut, [2]);
  });
});
