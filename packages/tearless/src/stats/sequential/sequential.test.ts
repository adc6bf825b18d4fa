import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { welchDifference } from '../arm/welch.ts';
import { drawNormal } from '../random/draw.ts';
import { randomFromSeed } from '../random/random.ts';
import { assertNear, reference } from '../testing/reference.ts';
import { sequentialLooks } from './boundaries.ts';
import { spentAlpha } from './spending.ts';

describe('sequentialLooks', () => {
  it('agrees with multivariate normal probabilities of R', () => {
    for (const { fractions, alpha, critical, spent } of reference.bounds) {
      const looks = sequentialLooks(fractions, alpha);
      for (const [index, look] of looks.entries()) {
        assertNear(look.critical, critical[index] ?? Number.NaN, 1e-4, `critical value of look ${index + 1}`);
        assertNear(look.spent, spent[index] ?? Number.NaN, 1e-9);
      }
    }
  });

  it('gives the published bounds of five even looks', () => {
    const published = [4.8769, 3.3569, 2.6803, 2.2898, 2.031];
    for (const [index, { critical }] of sequentialLooks([0.2, 0.4, 0.6, 0.8, 1], 0.05).entries())
      assert.ok(Math.abs(critical - (published[index] ?? 0)) < 2e-4, `look ${index + 1}: ${critical}`);
  });

  it('a single look at the end is an ordinary test', () => {
    const [look] = sequentialLooks([1], 0.05);
    assertNear(look?.critical ?? 0, 1.959963984540054, 1e-9);
    assertNear(look?.nominalAlpha ?? 0, 0.05, 1e-9);
  });

  it('spends nothing on looks that come far too early, and loses nothing by them', () => {
    const looks = sequentialLooks([0.001, 0.01, 1], 0.05);
    assert.deepEqual(
      looks.slice(0, 2).map(({ spent }) => spent),
      [0, 0],
    );
    assertNear(looks[2]?.critical ?? 0, 1.959963984540054, 1e-6);
  });

  it('takes a look every hour of a month', () => {
    const looks = sequentialLooks(
      Array.from({ length: 180 }, (_, i) => (i + 1) / 180),
      0.05,
    );
    assertNear(looks.at(-1)?.spent ?? 0, 0.05, 1e-9);
    const last = looks.at(-1)?.critical ?? 0;
    assert.ok(last > 2.0 && last < 2.3, `last critical value ${last}`);
  });

  it('keeps the error below alpha over all looks, and single looks do not', () => {
    // Ten relays an arm that keep their own means, and days that resemble the day before.
    const random = randomFromSeed('looks');
    const days = 10;
    const looks = sequentialLooks(
      Array.from({ length: days }, (_, day) => (day + 1) / days),
      0.05,
    );
    const rounds = 1_500;
    const crossed = { sequential: 0, naive: 0 };
    for (let round = 0; round < rounds; round++) {
      const relays = Array.from({ length: 20 }, () => ({
        own: 0.3 * drawNormal(random),
        day: drawNormal(random),
        sum: 0,
      }));
      const seen = { sequential: false, naive: false };
      for (const [day, look] of looks.entries()) {
        for (const relay of relays) {
          relay.sum += relay.own + relay.day;
          relay.day = 0.3 * relay.day + Math.sqrt(1 - 0.09) * drawNormal(random);
        }
        const figures = relays.map(({ sum }) => sum / (day + 1));
        const { p } = welchDifference(figures.slice(0, 10), figures.slice(10));
        seen.sequential ||= p < look.nominalAlpha;
        seen.naive ||= p < 0.05;
      }
      crossed.sequential += seen.sequential ? 1 : 0;
      crossed.naive += seen.naive ? 1 : 0;
    }
    assert.ok(
      crossed.sequential / rounds <= 0.05 + 3 * Math.sqrt(0.0475 / rounds),
      `${crossed.sequential} of ${rounds}`,
    );
    assert.ok(crossed.naive / rounds > 0.1, `${crossed.naive} of ${rounds} without correction`);
  });

  it('refuses looks out of order, beyond the plan or too near', () => {
    assert.throws(() => sequentialLooks([0.5, 0.4], 0.05), { code: 'stats-looks' });
    assert.throws(() => sequentialLooks([0.5, 0.5001], 0.05), { code: 'stats-looks' });
    assert.throws(() => sequentialLooks([0.5, 1.1], 0.05), { code: 'stats-out-of-range' });
    assert.throws(() => sequentialLooks([Number.NaN], 0.05), { code: 'stats-out-of-range' });
    assert.throws(() => sequentialLooks([1], 1), { code: 'stats-out-of-range' });
  });
});

describe('spentAlpha', () => {
  it('goes from nothing to all', () => {
    assert.deepEqual([spentAlpha(0, 0.05), spentAlpha(1, 0.05)], [0, 0.05]);
    assertNear(spentAlpha(0.999999, 0.05), 0.05, 1e-5);
  });
});
