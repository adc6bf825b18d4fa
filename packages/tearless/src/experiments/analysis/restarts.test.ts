import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildMeasurements } from '../testing/build-measurements.ts';
import { findRestarts } from './restarts.ts';

const samplesOf = (relay: {
  readonly peakKib: readonly (number | undefined)[];
  readonly startedMs?: readonly number[];
}) => {
  const atMs = relay.peakKib.map((_, index) => index * 600_000);
  const figures = relay.startedMs === undefined ? {} : { figures: { startedMs: relay.startedMs } };
  const built = { id: 'a', atMs, rssKib: atMs.map(() => 90), peakKib: relay.peakKib, ...figures };
  const [samples] = buildMeasurements({ relays: [built] }).samples;
  return samples ?? assert.fail('no samples');
};

describe('findRestarts', () => {
  it('takes a drop of the peak by more than a fifth for a restart, and a dip for none', () => {
    const found = findRestarts(samplesOf({ peakKib: [100, 97, 120, 90, 130] }));
    assert.deepEqual(found, [{ atMs: 1_800_000, afterMs: 1_200_000, how: 'peak-drop' }]);
  });

  it('passes over samples without a peak', () => {
    const found = findRestarts(samplesOf({ peakKib: [100, undefined, 50] }));
    assert.deepEqual(found, [{ atMs: 1_200_000, afterMs: 0, how: 'peak-drop' }]);
  });

  it('believes the start time where it is known, also where the peak says otherwise', () => {
    const found = findRestarts(
      samplesOf({ peakKib: [100, 10, 100, 99], startedMs: [-5_000, -5_400, 900_000, 900_300] }),
    );
    assert.deepEqual(found, [{ atMs: 900_000, afterMs: 600_000, how: 'start-time' }]);
  });

  it('counts a restart once that both tell, and one that only the peak tells', () => {
    const { NaN: unknown } = Number;
    const found = findRestarts(
      samplesOf({ peakKib: [100, 40, 90, 30], startedMs: [-5_000, unknown, 500_000, unknown] }),
    );
    assert.deepEqual(found, [
      { atMs: 500_000, afterMs: 0, how: 'start-time' },
      { atMs: 1_800_000, afterMs: 1_200_000, how: 'peak-drop' },
    ]);
  });
});
