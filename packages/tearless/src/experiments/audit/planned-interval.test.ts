import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildMeasurements } from '../testing/build-measurements.ts';
import { plannedInterval } from './planned-interval.ts';

const hourMs = 3_600_000;
const intervalOf = (atMs: readonly number[], sampleEveryMs?: number): number | undefined =>
  plannedInterval(
    buildMeasurements({
      relays: [{ id: 'a', atMs, rssKib: atMs.map(() => 1) }],
      info: sampleEveryMs === undefined ? {} : { sampleEveryMs },
    }),
  );

describe('the planned interval', () => {
  it('is what the experiment says, whatever the samples do', () =>
    assert.equal(intervalOf([0, 7 * hourMs, 14 * hourMs], hourMs), hourMs));

  it('is the distance that most samples keep to, some seconds and some gaps aside', () => {
    const every = [0, 6, 12, 18, 24, 54, 60, 66, 72, 73, 78].map(
      (hours, place) => hours * hourMs + (place % 3) * 1_000,
    );
    const found = intervalOf(every) ?? assert.fail();
    assert.ok(Math.abs(found - 6 * hourMs) <= 2_000, `${found}`);
  });

  it('is the same for seconds and for days', () => {
    for (const stepMs of [1_000, 86_400_000])
      assert.equal(intervalOf(Array.from({ length: 9 }, (_, place) => place * stepMs)), stepMs);
  });

  it('is unknown where samples keep to none, or are few', () => {
    assert.equal(intervalOf([0, 1, 3, 8, 20, 50, 125, 310, 800].map((hours) => hours * hourMs)), undefined);
    assert.equal(intervalOf([0, hourMs, 2 * hourMs]), undefined);
    assert.equal(intervalOf([]), undefined);
  });
});
