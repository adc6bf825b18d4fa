import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { binTraffic, dayMs } from './bin-traffic.ts';
import { orderRows, SampleRows } from './sample-rows.ts';

/** What everyone who reads a counter does: where it fell it began anew. */
const growthOf = (values: readonly number[]): number =>
  values.reduce((sum, value, index) => {
    const before = values[index - 1];
    if (before === undefined) return sum;
    return sum + (value >= before ? value - before : value);
  }, 0);

/** One relay, days of samples of `writtenBytes` and `connections`. */
const binDays = (days: readonly (readonly number[])[], before?: number): (readonly number[])[] => {
  const samples = new SampleRows(16);
  for (const [day, values] of days.entries())
    for (const [index, value] of values.entries()) {
      const row = samples.add(0, day * dayMs + index * 1000, 0);
      samples.setFigure(row, 'writtenBytes', value);
    }
  const { order } = orderRows(samples.relay, samples.atMs, samples.length, 1);
  binTraffic(samples, order, new Map(before === undefined ? [] : [['writtenBytes', new Map([[0, before]])]]));
  const column = samples.figures.get('writtenBytes') ?? new Float64Array(0);
  let at = 0;
  return days.map((values) => {
    at += values.length;
    return Array.from(column.subarray(at - values.length, at));
  });
};
const known = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));

describe('figures of traffic in bins of a day', () => {
  it('keep one figure of a day in which a counter only grew', () => {
    assert.deepEqual(
      binDays(
        [
          [10, 20, 30, 40],
          [50, 55, 90],
        ],
        0,
      ),
      [
        [Number.NaN, Number.NaN, Number.NaN, 40],
        [Number.NaN, Number.NaN, 90],
      ],
    );
  });

  it('keep the first figure of all, from which the first day grew', () => {
    assert.deepEqual(binDays([[10, 20, 30], [50]]), [[10, Number.NaN, 30], [50]]);
  });

  it('keep what a day grew by across restarts, and not when they were', () => {
    // 0 to 50, anew to 70 (from 60: no fall is seen there), anew from 5 to 25: 50 + 20 + 25.
    assert.equal(growthOf([0, 20, 50, 60, 70, 5, 25]), 95);
    assert.deepEqual(binDays([[20, 50, 60, 70, 5, 25]], 0), [[70, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 25]]);
    // Where the last figure alone would hide the fall, nothing stands between.
    assert.deepEqual(binDays([[20, 5, 25, 30]], 0), [[20, 0, Number.NaN, 30]]);
  });

  const counters = fc.array(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 6,
  });

  it('never change what a day grew by, whatever the counters did', () => {
    fc.assert(
      fc.property(counters, fc.option(fc.nat(1_000_000), { nil: undefined }), (days, before) => {
        const binned = binDays(days, before);
        let [raw, kept] = [before, before].map((value) => (value === undefined ? [] : [value])) as [number[], number[]];
        for (const [day, values] of days.entries()) {
          const own = known(binned[day] ?? []);
          assert.equal(growthOf([...kept, ...own]), growthOf([...raw, ...values]));
          assert.equal(own.at(-1), values.at(-1));
          [raw, kept] = [values.slice(-1), own.slice(-1)];
        }
      }),
      { seed: 3, numRuns: 2_000 },
    );
  });

  it('hold at most three figures a day, and one more at the very beginning', () => {
    fc.assert(
      fc.property(counters, (days) => {
        for (const [day, values] of binDays(days).entries()) assert.ok(known(values).length <= (day === 0 ? 4 : 3));
      }),
      { seed: 3 },
    );
  });

  it('are the same when they are binned again', () => {
    fc.assert(
      fc.property(counters, fc.nat(1_000_000), (days, before) => {
        const once = binDays(days, before);
        assert.deepEqual(binDays(once, before), once);
      }),
      { seed: 3 },
    );
  });

  it('are the mean of open connections, at the end of the day', () => {
    const samples = new SampleRows(4);
    for (const [index, value] of [10, 20, 60].entries())
      samples.setFigure(samples.add(0, index, 0), 'connections', value);
    samples.setFigure(samples.add(1, 5, 0), 'connections', 7);
    const { order } = orderRows(samples.relay, samples.atMs, samples.length, 2);
    binTraffic(samples, order, new Map());
    assert.deepEqual(Array.from(samples.figures.get('connections')?.subarray(0, 4) ?? []), [
      Number.NaN,
      Number.NaN,
      30,
      7,
    ]);
  });

  it('leave figures alone that tell nothing of traffic', () => {
    const samples = new SampleRows(4);
    for (const [index, value] of [1, 2, 3].entries()) samples.setFigure(samples.add(0, index, 0), 'cpuSeconds', value);
    const { order } = orderRows(samples.relay, samples.atMs, samples.length, 1);
    binTraffic(samples, order, new Map());
    assert.deepEqual(Array.from(samples.figures.get('cpuSeconds')?.subarray(0, 3) ?? []), [1, 2, 3]);
  });
});
