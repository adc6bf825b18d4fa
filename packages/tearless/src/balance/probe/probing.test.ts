import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Clock } from '../../base/clock.ts';
import { randomFromSeed } from '../../stats/random/random.ts';
import type { ProbeResult, Prober } from '../model/prober.ts';
import { Probing } from './probing.ts';
import { probeRulesFor } from './schedule.ts';

/** Time that passes as soon as somebody waits. */
const hastyClock = (): Clock => {
  let nowMs = 0;
  return {
    now: () => nowMs,
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      nowMs += ms;
    },
  };
};
const want = (key: string, isUrgent = true) => ({ key, isUrgent, target: { onionAddress: `${key}.onion`, port: 80 } });

const setUp = (answer: (address: string, signal: AbortSignal) => Promise<ProbeResult>) => {
  const heard: [string, boolean][] = [];
  const stop = new AbortController();
  const prober: Prober = { path: 'test', probe: ({ onionAddress }, signal) => answer(onionAddress, signal) };
  let onHeard = (): void => {};
  const probing = new Probing({
    prober,
    rules: probeRulesFor(2, { isTestNetwork: false }),
    clock: hastyClock(),
    random: randomFromSeed('probing'),
    hear: (key, { ok }) => {
      heard.push([key, ok]);
      onHeard();
    },
  });
  const heardSo = (count: number): Promise<void> =>
    new Promise((resolve) => {
      onHeard = () => heard.length >= count && resolve();
    });
  return { probing, heard, stop, heardSo };
};

suite('probing', () => {
  test('probes who is wanted again and again, and tells what it found', async () => {
    const { probing, heard, stop, heardSo } = setUp(async (address) =>
      address === 'a.onion' ? { ok: true, tookMs: 1 } : { ok: false, why: 'gone' },
    );
    probing.want([want('a'), want('b')]);
    const enough = heardSo(8);
    const running = probing.run(stop.signal);
    await enough;
    stop.abort();
    await running;
    for (const [key, ok] of heard) assert.equal(ok, key === 'a');
    assert.deepEqual([...new Set(heard.map(([key]) => key))].sort(), ['a', 'b']);
  });

  test('one that is wanted later is probed, one that is wanted no more is not', async () => {
    const { probing, heard, stop, heardSo } = setUp(async () => ({ ok: true, tookMs: 1 }));
    probing.want([want('a')]);
    const first = heardSo(1);
    const running = probing.run(stop.signal);
    await first;
    const more = heardSo(heard.length + 3);
    probing.want([want('b')]);
    await more;
    stop.abort();
    await running;
    assert.deepEqual([...new Set(heard.slice(-2).map(([key]) => key))], ['b']);
  });

  test('ends with its signal, when the probes that run have ended', async () => {
    let ended = 0;
    const { probing, stop } = setUp(
      (_address, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            ended += 1;
            reject(signal.reason);
          }),
        ),
    );
    probing.want([want('a'), want('b')]);
    const running = probing.run(stop.signal);
    setImmediate(() => setImmediate(() => stop.abort()));
    await running;
    assert.equal(ended, 2);
  });

  test('a prober that breaks is not passed over', async () => {
    const { probing, stop } = setUp(async () => {
      throw new Error('broken');
    });
    probing.want([want('a')]);
    await assert.rejects(probing.run(stop.signal), /broken/);
  });
});
