import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BuiltRelay, buildMeasurements } from '../testing/build-measurements.ts';
import { cutOwn, ownSeries } from './own-series.ts';

const seriesOf = (relay: Partial<BuiltRelay>, info = {}, addedMs?: number) => {
  const atMs = [0, 1, 2, 3, 4];
  const measurements = buildMeasurements({
    arms: [{ id: 'A', ...(addedMs === undefined ? {} : { addedMs }) }, { id: 'B' }],
    relays: [{ id: 'a', arm: 'A', atMs, rssKib: [10, 11, 12, 13, 14], ...relay }],
    info,
  });
  const [samples] = measurements.samples;
  assert.ok(samples);
  const series = ownSeries(samples, measurements.info, 0);
  return { values: [...series.values], atMs: [...series.atMs], foreign: series.foreign, series };
};

describe('ownSeries', () => {
  it('is every sample of a relay that stood in its arm all along', () =>
    assert.deepEqual(seriesOf({}).values, [10, 11, 12, 13, 14]));

  it('is every sample where no row names an arm', () =>
    assert.deepEqual(seriesOf({ labels: Array.from({ length: 5 }, () => undefined) }).values, [10, 11, 12, 13, 14]));

  it('begins with the first row that names the arm, and counts what came before', () => {
    const { values, foreign } = seriesOf({ labels: [undefined, 'B', 'A', undefined, 'A'] });
    assert.deepEqual([values, foreign], [[12, 13, 14], 2]);
  });

  it('leaves out rows that name another arm', () => {
    const { values, foreign } = seriesOf({ labels: ['A', 'B', 'A', 'A', 'A'] });
    assert.deepEqual([values, foreign], [[10, 12, 13, 14], 1]);
  });

  it('begins with the experiment, or with the arm where that came later', () => {
    assert.deepEqual(seriesOf({}, { startMs: 2 }).values, [12, 13, 14]);
    assert.deepEqual(seriesOf({}, { startMs: 1 }, 3).values, [13, 14]);
  });

  it('passes over samples that were not measured', () => {
    const { values, atMs } = seriesOf({ rssKib: [10, undefined, 12, 13, undefined] });
    assert.deepEqual(
      [values, atMs],
      [
        [10, 12, 13],
        [0, 2, 3],
      ],
    );
  });

  it('is cut at both ends of a window, ends included', () => {
    const { series } = seriesOf({});
    assert.deepEqual([...cutOwn(series, { fromMs: 1, toMs: 3 }).values], [11, 12, 13]);
    assert.deepEqual([...cutOwn(series, { fromMs: 9, toMs: 10 }).values], []);
  });
});
