import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Sensitive } from '../sensitive.ts';
import { RevisionCounters, raiseCounter } from './revision-counter.ts';
import { fromHex, readJson } from './testing/vectors.ts';

const { key, values } = readJson<{ key: string; values: [number, string][] }>('onion/vectors/counters.json');
const counters = () => new RevisionCounters(new Sensitive(fromHex(key)));

describe('revision counters', () => {
  test('all vectors of C tor, each asked for on its own', () => {
    assert.equal(values.length, 40);
    for (const [seconds, expected] of values) assert.equal(counters().encrypt(seconds), BigInt(expected), `${seconds}`);
  });

  test('the same in any order from one object', () => {
    const one = counters();
    for (const [seconds, expected] of values) assert.equal(one.encrypt(seconds), BigInt(expected), `${seconds}`);
    for (const [seconds, expected] of values.toReversed()) assert.equal(one.encrypt(seconds), BigInt(expected));
  });

  test('every second has a higher one, also across remembered sums', () => {
    const one = counters();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 18 - 1 }), (seconds) => {
        const step = one.encrypt(seconds + 1) - one.encrypt(seconds);
        assert.ok(step >= 1n && step <= 65_536n);
      }),
      { seed: 1, numRuns: 300, examples: [[4095], [4096], [4097], [8191], [8192]] },
    );
  });

  test('a moment counts from the beginning of the run, the first second as one', () => {
    const one = counters();
    const runStartMs = Date.UTC(2026, 0, 1);
    assert.equal(one.at(runStartMs, runStartMs), one.encrypt(1));
    assert.equal(one.at(runStartMs + 999, runStartMs), one.encrypt(1));
    assert.equal(one.at(runStartMs + 82_282_000, runStartMs), 2_695_743_564n);
    assert.equal(one.at(runStartMs + 2 ** 40, runStartMs), one.encrypt(2 ** 18), 'as C tor does');
    assert.throws(() => one.at(runStartMs - 1, runStartMs), { code: 'onion-counter-before-run' });
  });

  test('what is out of range is refused', () => {
    for (const seconds of [0, -1, 1.5, Number.NaN, 2 ** 18 + 1]) {
      assert.throws(() => counters().encrypt(seconds), { code: 'onion-counter-out-of-range' }, `${seconds}`);
    }
    assert.throws(() => new RevisionCounters(new Sensitive(new Uint8Array(31))), { code: 'onion-bad-length' });
  });

  test('a counter is above the last one, and never where no room is left', () => {
    assert.equal(raiseCounter(100n, null), 100n);
    assert.equal(raiseCounter(100n, 99n), 100n);
    assert.equal(raiseCounter(100n, 100n), 101n);
    assert.equal(raiseCounter(100n, 5000n), 5001n);
    assert.throws(() => raiseCounter(100n, 2n ** 64n - 2n), { code: 'onion-counter-out-of-range' });
  });
});
