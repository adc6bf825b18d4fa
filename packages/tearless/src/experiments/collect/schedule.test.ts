import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFakeClock } from '../../change/testing/fake-clock.ts';
import { nextInstant, repeatEvery } from './schedule.ts';

const everyMs = 300_000;

describe('instants of a collection', () => {
  it('are whole multiples of the interval, the next one always later', () => {
    assert.equal(nextInstant(0, everyMs), everyMs);
    assert.equal(nextInstant(everyMs - 1, everyMs), everyMs);
    assert.equal(nextInstant(everyMs, everyMs), 2 * everyMs);
  });

  it('do not drift however long each takes, and the first is at once', async () => {
    const clock = createFakeClock(1_000);
    const stop = new AbortController();
    const planned: number[] = [];
    await repeatEvery({
      everyMs,
      clock,
      stop: stop.signal,
      onMissed: () => assert.fail('none was missed'),
      work: async (plannedMs) => {
        planned.push(plannedMs);
        await clock.sleep(7_919 * planned.length);
        if (planned.length === 5) stop.abort();
      },
    });
    assert.deepEqual(planned, [1_000, everyMs, 2 * everyMs, 3 * everyMs, 4 * everyMs]);
  });

  it('that pass while one is under way are left out and counted', async () => {
    const clock = createFakeClock(0);
    const stop = new AbortController();
    const [planned, missed]: [number[], number[]] = [[], []];
    await repeatEvery({
      everyMs,
      clock,
      stop: stop.signal,
      onMissed: (count) => missed.push(count),
      work: async (plannedMs) => {
        planned.push(plannedMs);
        if (planned.length === 2) await clock.sleep(2.5 * everyMs);
        if (planned.length === 3) stop.abort();
      },
    });
    assert.deepEqual([planned, missed], [[0, everyMs, 4 * everyMs], [2]]);
  });

  it('end while it waits when it is stopped, without an error', async () => {
    const stop = new AbortController();
    let waits = 0;
    await repeatEvery({
      everyMs,
      clock: {
        now: () => 1,
        sleep: async (_, signal) => {
          waits += 1;
          stop.abort();
          signal?.throwIfAborted();
        },
      },
      stop: stop.signal,
      onMissed: () => assert.fail(),
      work: async () => {},
    });
    assert.equal(waits, 1);
  });

  it('go on at once when the clock was set back by more than an interval', async () => {
    const stop = new AbortController();
    const times = [10 * everyMs + 1, 10 * everyMs + 1, everyMs, everyMs];
    const planned: number[] = [];
    await repeatEvery({
      everyMs,
      clock: { now: () => times.shift() ?? everyMs, sleep: () => assert.fail('it slept') },
      stop: stop.signal,
      onMissed: () => {},
      work: async (plannedMs) => {
        planned.push(plannedMs);
        if (planned.length === 2) stop.abort();
      },
    });
    assert.equal(planned.length, 2);
  });

  it('end with what a collection throws', async () => {
    await assert.rejects(
      repeatEvery({
        everyMs,
        clock: createFakeClock(),
        stop: new AbortController().signal,
        onMissed: () => {},
        work: async () => {
          throw new Error('no store');
        },
      }),
      /no store/,
    );
  });
});
