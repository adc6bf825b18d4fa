import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawNormal } from '../random/draw.ts';
import { randomFromSeed } from '../random/random.ts';
import { findPeriod, wholeCycles } from './period.ts';
import { dayMs } from './theil-sen.ts';

const hourMs = dayMs / 24;

/** A relay that is restarted every `periodHours` and grows towards its plateau in between; a sample every six hours. */
const sawtooth = (periodHours: number, seed: string, missing = (_index: number): boolean => false) => {
  const random = randomFromSeed(seed);
  const hours = Array.from({ length: 60 }, (_, index) => index * 6).filter((_, index) => !missing(index));
  return {
    atMs: hours.map((hour) => hour * hourMs),
    values: hours.map((hour) => {
      const age = (hour % periodHours) / periodHours;
      return 2_000 + hour + 3_000 * (1 - Math.exp(-3 * age)) + 200 * drawNormal(random);
    }),
  };
};

describe('findPeriod', () => {
  for (const periodHours of [24, 48, 72])
    it(`finds restarts every ${periodHours} hours`, () => {
      const period = findPeriod(sawtooth(periodHours, `${periodHours}`));
      assert.ok(period !== undefined && period.correlation > 0.5);
      assert.ok(Math.abs(period.periodMs / hourMs - periodHours) < 1.5, `${period.periodMs / hourMs} hours`);
    });

  it('finds them also where a day of samples is missing', () => {
    const period = findPeriod(sawtooth(24, 'gap', (index) => index >= 20 && index < 26));
    assert.ok(period !== undefined && Math.abs(period.periodMs / hourMs - 24) < 1, `${period?.periodMs}`);
  });

  it('sees no period in noise that lasts, in growth, or in too few samples', () => {
    const random = randomFromSeed('noise');
    const atMs = Array.from({ length: 60 }, (_, index) => index * 6 * hourMs);
    let found = 0;
    for (let round = 0; round < 100; round++) {
      let value = 0;
      const values = atMs.map(() => {
        value = 0.9 * value + drawNormal(random);
        return value;
      });
      if (findPeriod({ atMs, values }) !== undefined) found += 1;
    }
    assert.ok(found <= 8, `${found} of 100`);
    assert.equal(findPeriod({ atMs, values: atMs.map((ms) => 3 * ms) }), undefined);
    assert.equal(findPeriod({ atMs, values: atMs.map(() => 5) }), undefined);
    assert.equal(findPeriod({ atMs: [1, 2, 3], values: [1, 2, 1] }), undefined);
    assert.equal(findPeriod({ atMs: [], values: [] }), undefined);
  });
});

describe('wholeCycles', () => {
  it('keeps the latest whole cycles', () => {
    assert.deepEqual(wholeCycles({ fromMs: 3, toMs: 110 }, 50), { fromMs: 10, toMs: 110 });
    assert.deepEqual(wholeCycles({ fromMs: 0, toMs: 100 }, 50), { fromMs: 0, toMs: 100 });
    assert.deepEqual(wholeCycles({ fromMs: 0, toMs: 40 }, 50), { fromMs: 0, toMs: 40 });
  });

  it('refuses a period that is none', () => {
    assert.throws(() => wholeCycles({ fromMs: 0, toMs: 1 }, 0), { code: 'stats-out-of-range' });
  });
});
