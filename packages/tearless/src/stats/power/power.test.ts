import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { momentsOf } from '../arm/moments.ts';
import { welchDifference } from '../arm/welch.ts';
import { drawNormal } from '../random/draw.ts';
import { randomFromSeed } from '../random/random.ts';
import { assertNear, reference } from '../testing/reference.ts';
import { designOptions, figureSd } from './relay-spread.ts';
import { detectableEffect, relaysForPower, welchPower } from './welch-power.ts';

describe('welchPower', () => {
  it('agrees with R', () => {
    for (const { n, effect, alpha, power } of reference.power)
      assertNear(welchPower({ effect, sd: 1, alpha }, n), power, 1e-6, `n ${n}, effect ${effect}, alpha ${alpha}`);
  });

  it('is alpha where there is no effect', () => {
    assertNear(welchPower({ effect: 0, sd: 3 }, 8), 0.05, 1e-6);
  });

  it('is what simulated fleets with unequal arms find', () => {
    const random = randomFromSeed('power');
    const rounds = 4_000;
    let found = 0;
    for (let round = 0; round < rounds; round++) {
      const arm = Array.from({ length: 8 }, () => 1.5 + drawNormal(random));
      const control = Array.from({ length: 14 }, () => 2 * drawNormal(random));
      if (welchDifference(arm, control).p < 0.05) found += 1;
    }
    const power = welchPower({ effect: 1.5, sd: 1, controlSd: 2 }, 8, 14);
    assert.ok(Math.abs(found / rounds - power) < 0.025, `${found / rounds} found, ${power} promised`);
  });
});

describe('what an effect needs', () => {
  it('is the smallest number of relays', () => {
    const question = { effect: 1, sd: 1 };
    const relays = relaysForPower(question);
    assert.equal(relays, 17);
    assert.ok(welchPower(question, 16) < 0.8 && welchPower(question, 17) >= 0.8);
    assert.equal(relaysForPower({ effect: 0.001, sd: 1 }, 0.8, 1_000), undefined);
  });

  it('is the effect that as many relays find', () => {
    const effect = detectableEffect({ sd: 3 }, 10);
    assertNear(welchPower({ effect, sd: 3 }, 10), 0.8, 1e-6);
  });

  it('falls with days as far as what lasts in a relay lets it', () => {
    const spread = { betweenSd: 20, dailySd: 60, dailyCorrelation: 0.5 };
    const options = designOptions(spread, { effect: 50 }, [1, 7, 28]);
    const relays = options.map((option) => option.relays ?? Number.POSITIVE_INFINITY);
    assert.ok((relays[0] ?? 0) > (relays[1] ?? 0) && (relays[1] ?? 0) > (relays[2] ?? 0), relays.join(' '));
    assert.ok(figureSd(spread, 100_000) > 20 && figureSd(spread, 100_000) < 20.1);
    assertNear(figureSd(spread, 1), Math.hypot(20, 60), 1e-12);
    assertNear(figureSd({ ...spread, dailyCorrelation: 0 }, 9), Math.hypot(20, 20), 1e-12);
  });

  it('counts days that resemble the day before as simulated relays do', () => {
    const random = randomFromSeed('days');
    const figures = Array.from({ length: 20_000 }, () => {
      let day = drawNormal(random);
      let sum = 0;
      for (let count = 0; count < 5; count++) {
        sum += day;
        day = 0.7 * day + Math.sqrt(1 - 0.49) * drawNormal(random);
      }
      return sum / 5;
    });
    const simulated = Math.sqrt(momentsOf(figures).variance);
    assertNear(figureSd({ betweenSd: 0, dailySd: 1, dailyCorrelation: 0.7 }, 5), simulated, 0.02);
  });

  it('refuses spreads and counts that there are not', () => {
    assert.throws(() => welchPower({ effect: 1, sd: 0 }, 5), { code: 'stats-out-of-range' });
    assert.throws(() => welchPower({ effect: Number.NaN, sd: 1 }, 5), { code: 'stats-out-of-range' });
    assert.throws(() => welchPower({ effect: 1, sd: 1 }, 1), { code: 'stats-out-of-range' });
    assert.throws(() => figureSd({ betweenSd: 1, dailySd: 1, dailyCorrelation: 1 }, 5), { code: 'stats-out-of-range' });
  });
});
