import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { peakDrops, restartPeriod } from './restarts.ts';

describe('peakDrops', () => {
  it('tells restarts from dips of the kernel', () => {
    const { restarts, dips } = peakDrops({ atMs: [0, 1, 2, 3, 4, 5], values: [100, 100, 97, 120, 90, 130] });
    assert.deepEqual(restarts, [{ afterMs: 3, byMs: 4, share: 0.25 }]);
    assert.deepEqual(
      dips.map(({ afterMs, byMs }) => [afterMs, byMs]),
      [[1, 2]],
    );
  });

  it('takes a fall of exactly a fifth as a dip, and one from or to nothing without dividing by it', () => {
    assert.equal(peakDrops({ atMs: [0, 1], values: [100, 80] }).restarts.length, 0);
    assert.equal(peakDrops({ atMs: [0, 1], values: [100, 0] }).restarts.length, 1);
    assert.equal(peakDrops({ atMs: [0, 1], values: [0, 0] }).restarts.length, 0);
    assert.throws(() => peakDrops({ atMs: [0], values: [-1] }), { code: 'stats-out-of-range' });
  });
});

describe('restartPeriod', () => {
  it('is the usual distance, also where one restart was missed', () => {
    const drops = (...instants: number[]) => instants.map((byMs) => ({ afterMs: byMs - 1, byMs, share: 0.5 }));
    assert.equal(restartPeriod([drops(0, 24, 48, 96), drops(12, 36, 61)]), 24);
    assert.equal(restartPeriod([drops(0, 24), drops()]), undefined);
  });
});
