import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawNormal } from '../random/draw.ts';
import { randomFromSeed } from '../random/random.ts';
import { assertNear, reference } from '../testing/reference.ts';
import { dayMs, theilSen } from './theil-sen.ts';

const noisy = (samples: number, slopePerDay: number): { atMs: Float64Array; values: Float64Array } => {
  const random = randomFromSeed(`noisy/${samples}`);
  const atMs = Float64Array.from({ length: samples }, (_, index) => index * 180_000);
  const values = atMs.map((ms) => 1e9 + (slopePerDay * ms) / dayMs + 1e7 * drawNormal(random));
  for (let index = 0; index < samples; index += 10) values[index] = 9e9;
  return { atMs, values };
};

describe('theilSen', () => {
  it('agrees with R', () => {
    for (const { atMs, values, slopePerDay } of reference.series) {
      const fit = theilSen({ atMs, values });
      assertNear(fit?.slopePerDay ?? Number.NaN, slopePerDay, 1e-10);
      assert.equal(fit?.bins, undefined);
    }
  });

  it('reads a straight line exactly, also with every fourth sample broken', () => {
    const atMs = Array.from({ length: 41 }, (_, day) => day * dayMs);
    const values = atMs.map((ms, index) => (index % 4 === 3 ? 1e6 : 100 + (3 * ms) / dayMs));
    const fit = theilSen({ atMs, values });
    assertNear(fit?.slopePerDay ?? Number.NaN, 3, 1e-12);
    assertNear(fit?.valueAtStart ?? Number.NaN, 100, 1e-12);
  });

  it('takes 73,000 samples on bins, says so, and finds the slope', () => {
    const fit = theilSen(noisy(73_000, 5e6));
    assert.equal(fit?.samples, 73_000);
    assert.equal(fit?.bins, 512);
    assertNear(fit?.slopePerDay ?? Number.NaN, 5e6, 0.01);
  });

  it('gives nothing for fewer than two samples', () => {
    const series = { atMs: [0, dayMs], values: [1, 4] };
    assert.equal(theilSen(series, { fromMs: 0, toMs: 1 }), undefined);
    assert.equal(theilSen(series)?.slopePerDay, 3);
  });
});
