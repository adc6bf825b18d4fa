import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawNormal } from '../random/draw.ts';
import { type Random, randomFromSeed } from '../random/random.ts';
import type { Series } from './series.ts';
import { dayMs } from './theil-sen.ts';
import { findWarmUp } from './warm-up.ts';

const days = 15;
const window = { fromMs: 0, toMs: days * dayMs };

/** Relays around `curve` (MB by day), each with its own level and with noise that lasts. */
const armOf = (curve: (day: number) => number, random: Random, relays = 10): Series[] =>
  Array.from({ length: relays }, () => {
    const own = 10 * drawNormal(random);
    let noise = 0;
    const atMs = Array.from({ length: days * 4 }, (_, index) => (index * dayMs) / 4);
    const values = atMs.map((ms) => {
      noise = 0.7 * noise + 4 * drawNormal(random);
      return 1_000 + own + noise + curve(ms / dayMs);
    });
    return { atMs, values };
  });

describe('findWarmUp', () => {
  it('finds when growth after a start has settled', () => {
    const warm = findWarmUp(
      armOf((day) => -600 * Math.exp(-day), randomFromSeed('warm')),
      window,
    );
    assert.ok(warm !== undefined && warm.p < 1e-6, `p ${warm?.p}`);
    // A twentieth of the shortfall is left after three days.
    assert.ok(warm.settledMs > 2 * dayMs && warm.settledMs < 4 * dayMs, `${warm.settledMs / dayMs} days`);
    assert.ok(warm.earlyGrowthPerDay > 100);
    assert.ok(warm.lateGrowthPerDay.low < 1 && warm.lateGrowthPerDay.high > -1);
    assert.equal(warm.relays, 10);
  });

  it('takes steady growth for no warm-up, and says that it goes on', () => {
    const leak = findWarmUp(
      armOf((day) => 50 * day, randomFromSeed('leak')),
      window,
    );
    assert.ok(leak !== undefined && leak.p > 0.05, `p ${leak?.p}`);
    assert.equal(leak.settledMs, 0);
    assert.ok(leak.lateGrowthPerDay.low > 40);
  });

  it('raises few alarms where nothing settles', () => {
    const random = randomFromSeed('calm');
    const rounds = 300;
    let alarms = 0;
    for (let round = 0; round < rounds; round++)
      if (
        (findWarmUp(
          armOf(() => 0, random, 7),
          window,
        )?.p ?? 0) < 0.05
      )
        alarms += 1;
    assert.ok(alarms / rounds <= 0.05 + 3 * Math.sqrt(0.0475 / rounds), `${alarms} of ${rounds}`);
  });

  it('says nothing of too few relays or samples', () => {
    const arm = armOf(() => 0, randomFromSeed('few'));
    assert.equal(findWarmUp(arm.slice(0, 4), window), undefined);
    assert.equal(findWarmUp(arm, { fromMs: 0, toMs: 2 * dayMs }), undefined);
    assert.equal(findWarmUp([], window), undefined);
    assert.throws(() => findWarmUp(arm, { fromMs: 5, toMs: 5 }), { code: 'stats-window' });
  });

  it('stays a number where nothing spreads', () => {
    const arm = armOf(() => 0, randomFromSeed('flat')).map(({ atMs }) => ({ atMs, values: Array.from(atMs, () => 7) }));
    const flat = findWarmUp(arm, window);
    assert.deepEqual([flat?.p, flat?.settledMs, flat?.lateGrowthPerDay.mean], [1, 0, 0]);
  });
});
