import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DigestSet } from './digest-set.ts';

/** Few first words, so that many meet in the table. */
const digest = fc.tuple(fc.nat(3), fc.nat(9)).map(([first, last]) => {
  const bytes = new Uint8Array(32);
  bytes[0] = first;
  bytes[31] = last;
  return bytes;
});

test('holds the last ones that were new, as a list of them would', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(digest, { maxLength: 200 }), (limit, added) => {
      const set = new DigestSet(limit);
      const kept: string[] = [];
      for (const one of added) {
        const name = Buffer.from(one).toString('hex');
        assert.equal(set.has(one), kept.includes(name));
        set.add(one);
        if (!kept.includes(name)) kept.push(name);
        if (kept.length > limit) kept.shift();
        assert.equal(set.size, kept.length);
        for (const known of kept) assert.ok(set.has(Buffer.from(known, 'hex')));
      }
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('keeps one digest at least, and whole ones', () => {
  for (const limit of [0, -1, 1.5, Number.NaN]) assert.throws(() => new DigestSet(limit), RangeError);
});

test('takes digests of 32 bytes alone', () => {
  assert.throws(() => new DigestSet(2).has(new Uint8Array(20)), RangeError);
});
