import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkSeries, cutSeries, seriesOf, spanOf } from './series.ts';

describe('series', () => {
  it('sorts samples and takes the mean of those of one instant', () => {
    const series = seriesOf([
      { atMs: 20, value: 4 },
      { atMs: 10, value: 1 },
      { atMs: 20, value: 8 },
      { atMs: 20, value: 3 },
    ]);
    assert.deepEqual([...Array.from(series.atMs)], [10, 20]);
    assert.deepEqual([...Array.from(series.values)], [1, 5]);
  });

  it('cuts to a window whose ends belong to it', () => {
    const series = { atMs: [0, 10, 20, 30], values: [1, 2, 3, 4] };
    assert.deepEqual(Array.from(cutSeries(series, { fromMs: 10, toMs: 20 }).values), [2, 3]);
    assert.deepEqual(Array.from(cutSeries(series, { fromMs: 11, toMs: 19 }).values), []);
    assert.deepEqual(spanOf(series), { fromMs: 0, toMs: 30 });
    assert.equal(spanOf({ atMs: [], values: [] }), undefined);
  });

  it('refuses columns that are no series', () => {
    assert.throws(() => checkSeries({ atMs: [1, 2], values: [1] }), { code: 'stats-lengths' });
    assert.throws(() => checkSeries({ atMs: [1, 1], values: [1, 2] }), { code: 'stats-series-order' });
    assert.throws(() => checkSeries({ atMs: [1, 2], values: [1, Number.NaN] }), { code: 'stats-not-finite' });
    assert.throws(() => seriesOf([{ atMs: Number.NaN, value: 1 }]), { code: 'stats-not-finite' });
    assert.throws(() => cutSeries({ atMs: [1], values: [1] }, { fromMs: 2, toMs: 1 }), { code: 'stats-window' });
  });
});
