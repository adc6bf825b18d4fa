import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildMeasurements } from '../testing/build-measurements.ts';
import { binTraffic, dayMs } from './bin-traffic.ts';
import { trafficOfCounters } from './carried-traffic.ts';
import { orderRows, SampleRows } from './sample-rows.ts';

const hourMs = 3_600_000;

const samplesOf = (atMs: readonly number[], writtenBytes: readonly number[]) => {
  const { samples } = buildMeasurements({
    relays: [{ id: 'a', atMs, rssKib: atMs.map(() => 1), figures: { writtenBytes } }],
  });
  assert.ok(samples[0]);
  return samples[0];
};

describe('traffic of a relay that was collected', () => {
  it('is what its counter grew by from sample to sample', () => {
    const { atMs, writtenBps, observedBps } = trafficOfCounters(
      samplesOf([0, 1000, 2000, 4000, 5000], [100, 300, 300, 900, 1900]),
    );
    assert.deepEqual(
      [Array.from(atMs), Array.from(writtenBps)],
      [
        [1000, 2000, 4000, 5000],
        [200, 0, 300, 1000],
      ],
    );
    assert.ok(observedBps.every(Number.isNaN));
  });

  it('is not told of the time in which the counter began anew, nor where it was not measured', () => {
    const { atMs, writtenBps } = trafficOfCounters(
      samplesOf([0, 1000, 2000, 3000, 4000, 5000], [100, 200, 5, 105, Number.NaN, 305]),
    );
    assert.deepEqual(
      [Array.from(atMs), Array.from(writtenBps)],
      [
        [1000, 3000, 5000],
        [100, 100, 100],
      ],
    );
  });

  it('of days that were binned is that of the whole day, also where the counter began anew', () => {
    const hours = Array.from({ length: 72 }, (_, hour) => hour);
    // 3,600 bytes an hour, anew every seven hours.
    const values = hours.map((hour) => ((hour % 7) + 1) * 3600);
    const rows = new SampleRows(72);
    for (const hour of hours) rows.setFigure(rows.add(0, hour * hourMs, 0), 'writtenBytes', values[hour] ?? 0);
    const { order } = orderRows(rows.relay, rows.atMs, rows.length, 1);
    binTraffic(rows, order, new Map());
    const binned = Array.from(rows.figures.get('writtenBytes')?.subarray(0, 72) ?? []);
    const { atMs, writtenBps } = trafficOfCounters(
      samplesOf(
        hours.map((hour) => hour * hourMs),
        binned,
      ),
    );
    assert.deepEqual(
      Array.from(atMs, (ms) => Math.floor(ms / dayMs)),
      [0, 1, 2],
    );
    for (const rate of writtenBps) assert.ok(Math.abs(rate - 1) < 1e-9, String(rate));
  });

  it('is nothing where no counter was read', () => {
    assert.equal(trafficOfCounters(samplesOf([0, 1000], [Number.NaN, Number.NaN])).atMs.length, 0);
  });
});
