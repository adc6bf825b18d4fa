import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawNormal } from '../../stats/random/draw.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import { buildMeasurements, instants } from '../testing/build-measurements.ts';
import { estimateSpread, tabulatePower } from './power.ts';
import { prePeriodFromSamples, readPrePeriod } from './pre-period.ts';
import { candidate } from './testing/candidates.ts';

const day = 86_400_000;

describe('the time before', () => {
  const start = Date.UTC(2026, 0, 1);
  const atMs = instants(start, day / 4, 4 * 5 + 1);
  const measured = buildMeasurements({
    relays: [
      {
        id: 'h1/a',
        atMs,
        rssKib: atMs.map((ms) => 1000 + Math.floor((ms - start) / day)),
        traffic: [
          { atMs: start, writtenBps: 7 },
          { atMs: start + day, writtenBps: 9 },
        ],
      },
      { id: 'h1/b', atMs: atMs.slice(0, 2), rssKib: [500, 500], traffic: [{ atMs: start, observedBps: 3 }] },
      { id: 'h1/c', atMs, rssKib: atMs.map(() => undefined) },
    ],
  });

  it('is read by day from samples', () => {
    const before = prePeriodFromSamples(measured);
    assert.deepEqual([...before.keys()], ['h1/a', 'h1/b']);
    const a = before.get('h1/a');
    assert.equal(a?.dailyBytes.length, 5);
    assert.ok((a?.dailyBytes[0] ?? 0) < (a?.dailyBytes[4] ?? 0));
    assert.equal(a?.bandwidth, 8);
    assert.deepEqual(before.get('h1/b'), { memoryBytes: 500 * 1024, dailyBytes: [], bandwidth: 3 });
  });

  it('takes what tor counted as written where no descriptor was read', () => {
    const counted = buildMeasurements({
      relays: [
        {
          id: 'h1/a',
          atMs,
          rssKib: atMs.map(() => 1000),
          figures: { writtenBytes: atMs.map((ms) => 5 * (ms - start)) },
        },
      ],
    });
    assert.equal(prePeriodFromSamples(counted).get('h1/a')?.bandwidth, 5000);
  });

  it('is the present where nothing was sampled', () => {
    const before = prePeriodFromSamples(measured);
    const read = readPrePeriod(
      [candidate('a', { rssBytes: 5, weight: 6 }), candidate('z', { rssBytes: 5, weight: 6 })],
      before,
    );
    assert.equal(read.get('h1/a')?.bandwidth, 8);
    assert.deepEqual(read.get('h1/z'), { memoryBytes: 5, dailyBytes: [], bandwidth: 6 });
  });
});

describe('the spread of a fleet', () => {
  const simulate = (betweenSd: number, dailySd: number, correlation: number) => {
    const random = randomFromSeed('spread');
    return Array.from({ length: 200 }, () => {
      const own = 1e9 * (1 + betweenSd * drawNormal(random));
      let state = drawNormal(random);
      const dailyBytes = Array.from({ length: 20 }, () => {
        state = correlation * state + Math.sqrt(1 - correlation ** 2) * drawNormal(random);
        return own * (1 + dailySd * state);
      });
      return { memoryBytes: own, dailyBytes };
    });
  };

  it('tells what lasts in a relay from what days bring', () => {
    const spread = estimateSpread(simulate(0.1, 0.05, 0.5));
    assert.ok(spread !== undefined);
    assert.ok(Math.abs(spread.betweenSd - 0.1) < 0.015, `${spread.betweenSd}`);
    assert.ok(Math.abs(spread.dailySd - 0.05) < 0.006, `${spread.dailySd}`);
    assert.ok(Math.abs(spread.dailyCorrelation - 0.5) < 0.12, `${spread.dailyCorrelation}`);
    assert.deepEqual([spread.relays, spread.days], [200, 20]);
  });

  it('says that days promise nothing where there was one reading', () => {
    const once = simulate(0.1, 0, 0).map(({ memoryBytes }) => ({ memoryBytes, dailyBytes: [] }));
    const spread = estimateSpread(once);
    assert.deepEqual([spread?.days, spread?.dailySd], [0, 0]);
    assert.equal(estimateSpread(once.slice(0, 2)), undefined);
    assert.equal(estimateSpread([1, 2, 3].map(() => ({ memoryBytes: 5, dailyBytes: [] }))), undefined);
  });
});

describe('the table of relays and days', () => {
  const spread = { betweenSd: 0.03, dailySd: 0.1, dailyCorrelation: 0.3, relays: 40, days: 14 };
  const table = tabulatePower(spread, { effect: 0.1, power: 0.8, days: 10, arms: 3, relaysPerArm: 8 });

  it('needs fewer relays for more days, and holds the planned time', () => {
    assert.deepEqual(
      table.options.map(({ days }) => days),
      [1, 3, 7, 10, 14, 28],
    );
    const relays = table.options.map((option) => option.relays ?? Number.POSITIVE_INFINITY);
    for (let index = 1; index < relays.length; index++) assert.ok((relays[index] ?? 0) <= (relays[index - 1] ?? 0));
    assert.ok((relays[0] ?? 0) > (relays[5] ?? 0));
  });

  it('agrees with itself: the relays that it asks for find the effect', () => {
    const planned = table.options.find(({ days }) => days === 10);
    const enough = tabulatePower(spread, {
      effect: 0.1,
      power: 0.8,
      days: 10,
      arms: 3,
      relaysPerArm: planned?.relays ?? 0,
    });
    assert.ok(enough.chance >= 0.8 && enough.smallest <= 0.1);
    const fewer = tabulatePower(spread, {
      effect: 0.1,
      power: 0.8,
      days: 10,
      arms: 3,
      relaysPerArm: (planned?.relays ?? 0) - 1,
    });
    assert.ok(fewer.chance < 0.8 && fewer.smallest > 0.1);
  });
});
