import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sha3 } from './hashes.ts';
import type { HsDir } from './hsdirs.ts';
import { buildRing, listFetchedHsDirs, listStoringHsDirs } from './ring.ts';
import { disasterSharedRandom, planOnionSchedule, type ScheduleConsensus } from './schedule.ts';
import { toHex } from './testing/vectors.ts';
import { readTimeRules, timePeriodAt } from './time-period.ts';

const hourMs = 3_600_000;

/** The value of the run that ended at a midnight. */
const valueOfRun = (run: number) => ({ reveals: 9, value: Buffer.from(sha3(`run ${run}`)).toString('base64') });

/** A consensus of the public network, or of one with another voting interval. */
function consensusAt(validAfterMs: number, intervalMs = hourMs, params: ReadonlyMap<string, number> = new Map()) {
  const run = Math.floor(validAfterMs / (24 * intervalMs));
  return {
    validAfterMs,
    freshUntilMs: validAfterMs + intervalMs,
    params,
    sharedRandCurrent: valueOfRun(run),
    sharedRandPrevious: valueOfRun(run - 1),
  } satisfies ScheduleConsensus;
}

describe('time periods', () => {
  // C tor's test_time_period and test_start_time_of_next_time_period; the first is also in rend-spec-v3 §2.2.1.
  test('numbers and ends are those of C tor', () => {
    const rules = readTimeRules(consensusAt(Date.UTC(2016, 3, 13, 11)));
    const at = (text: string) => timePeriodAt(rules, Date.parse(text));
    assert.equal(at('2016-04-13T11:00:00Z').number, 16_903);
    assert.equal(at('2016-04-13T11:59:59Z').number, 16_903);
    assert.equal(at('2016-04-13T11:00:00Z').endMs, Date.parse('2016-04-13T12:00:00Z'));
    assert.equal(at('2016-04-13T12:00:00Z').number, 16_904);
    assert.equal(at('2016-04-13T12:00:00Z').endMs, Date.parse('2016-04-14T12:00:00Z'));
    assert.equal(at('1973-05-20T01:50:33Z').number, 1234, 'test_blinding_basics');
  });

  test('in a test network they follow the voting interval', () => {
    const consensus = consensusAt(Date.UTC(2016, 3, 13), 10_000);
    const rules = readTimeRules(consensus, { isTestNetwork: true });
    assert.deepEqual([rules.periodMinutes, rules.offsetSeconds, rules.runSeconds], [4, 120, 240]);
    assert.equal(timePeriodAt(rules, Date.UTC(2016, 3, 13)).endMs, Date.parse('2016-04-13T00:02:00Z'));
    assert.equal(timePeriodAt(rules, Date.UTC(2016, 3, 13, 0, 2)).endMs, Date.parse('2016-04-13T00:06:00Z'));
  });

  test('the length is a parameter, within the bounds of param-spec', () => {
    const minutes = (value: number) =>
      readTimeRules(consensusAt(0, hourMs, new Map([['hsdir_interval', value]]))).periodMinutes;
    assert.deepEqual([1, 30, 720, 14_400, 20_000].map(minutes), [30, 30, 720, 14_400, 14_400]);
  });

  test('a consensus that was never fresh is refused', () => {
    assert.throws(() => readTimeRules({ ...consensusAt(hourMs), freshUntilMs: hourMs }), {
      code: 'onion-bad-consensus',
    });
  });
});

describe('the two descriptors', () => {
  // C tor's test_time_between_tp_and_srv.
  test('which half of the day it is', () => {
    const between = [0, 11, 12, 23, 24].map((hour) => {
      return planOnionSchedule(consensusAt(Date.UTC(1985, 9, 26, hour))).isBetweenPeriodAndSharedRandom;
    });
    assert.deepEqual(between, [false, false, true, true, false]);
  });

  test('after midnight: this period under the previous value, which is read, and the next under the current', () => {
    const schedule = planOnionSchedule(consensusAt(Date.UTC(2026, 0, 10, 3)));
    const run = Date.UTC(2026, 0, 10) / (24 * hourMs);
    const { first, second } = schedule;
    assert.deepEqual([first.period.number, second.period.number], [run - 1, run]);
    assert.equal(Buffer.from(first.sharedRandom).toString('base64'), valueOfRun(run - 1).value);
    assert.equal(Buffer.from(second.sharedRandom).toString('base64'), valueOfRun(run).value);
    assert.deepEqual([first.isFetched, second.isFetched], [true, false]);
    assert.deepEqual([first.runStartMs, second.runStartMs], [Date.UTC(2026, 0, 9), Date.UTC(2026, 0, 10)]);
    assert.equal(schedule.nextPeriodMs, Date.UTC(2026, 0, 10, 12));
    assert.equal(schedule.nextSharedRandomMs, Date.UTC(2026, 0, 11));
  });

  test('after noon: the same two, and the second is read', () => {
    const morning = planOnionSchedule(consensusAt(Date.UTC(2026, 0, 10, 11)));
    const evening = planOnionSchedule(consensusAt(Date.UTC(2026, 0, 10, 12)));
    assert.deepEqual([evening.first.isFetched, evening.second.isFetched], [false, true]);
    assert.deepEqual(
      [evening.first, evening.second].map(({ isFetched, ...slot }) => slot),
      [morning.first, morning.second].map(({ isFetched, ...slot }) => slot),
    );
    assert.equal(evening.nextPeriodMs, Date.UTC(2026, 0, 11, 12));
  });

  test('at midnight the second becomes the first, with its counter still counting from the same moment', () => {
    const before = planOnionSchedule(consensusAt(Date.UTC(2026, 0, 10, 23)));
    const after = planOnionSchedule(consensusAt(Date.UTC(2026, 0, 11)));
    assert.deepEqual(after.first, before.second);
  });

  test('without a value the period stands in for it', () => {
    // C tor's test_disaster_srv.
    assert.equal(
      toHex(disasterSharedRandom({ number: 1, lengthMinutes: 1440 })),
      'f8a4948707653837fa44abb5bbc75a12f6f101e7f8faf699b9715f4965d3507d',
    );
    const { first, second } = planOnionSchedule({
      ...consensusAt(Date.UTC(2026, 0, 10, 3)),
      sharedRandPrevious: null,
    });
    assert.deepEqual([first.isDisaster, second.isDisaster], [true, false]);
    assert.equal(toHex(first.sharedRandom), toHex(disasterSharedRandom(first.period)));
  });

  test('a client finds a service whose consensus is up to three hours older or newer', () => {
    const hsDirs: HsDir[] = Array.from({ length: 60 }, (_, i) => ({
      fingerprint: toHex(Buffer.alloc(20, i)).toUpperCase(),
      nickname: `relay${i}`,
      ed25519Id: sha3(`relay ${i}`),
    }));
    const sizes = { replicas: 2, spreadStore: 4, spreadFetch: 3 };
    // Not the real blinding: only that each period has a name of its own.
    const nameIn = (period: number) => sha3(`service in ${period}`);
    const intervals = fc.constantFrom(
      { intervalMs: hourMs, isTestNetwork: false },
      { intervalMs: 10_000, isTestNetwork: true },
      { intervalMs: 25_000, isTestNetwork: true },
    );
    fc.assert(
      fc.property(intervals, fc.integer({ min: 30, max: 1000 }), fc.integer({ min: -3, max: 3 }), (how, slot, skew) => {
        const { intervalMs, isTestNetwork } = how;
        const start = Math.floor(Date.UTC(2026, 0, 1) / (24 * intervalMs)) * 24 * intervalMs;
        const plan = (at: number) =>
          planOnionSchedule(consensusAt(start + at * intervalMs, intervalMs), { isTestNetwork });
        const service = plan(slot);
        const client = plan(slot + skew);
        const read = [client.first, client.second].find(({ isFetched }) => isFetched);
        assert.ok(read);
        const wanted = listFetchedHsDirs(buildRing(hsDirs, read), nameIn(read.period.number), sizes);
        assert.equal(wanted.length, 6);
        const holding = [service.first, service.second]
          .filter(({ period }) => period.number === read.period.number)
          .flatMap((slotOf) => listStoringHsDirs(buildRing(hsDirs, slotOf), nameIn(slotOf.period.number), sizes));
        const names = new Set(holding.map(({ hsDir }) => hsDir.nickname));
        assert.ok(
          wanted.every(({ hsDir }) => names.has(hsDir.nickname)),
          JSON.stringify({ how, slot, skew }),
        );
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
