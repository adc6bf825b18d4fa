import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnswerReader } from './answer-reader.ts';

const nonce = '0123456789abcdef0123456789abcdef';

test('an answer stands between its marks, however the stream is cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 0, max: 255 }),
      fc.array(fc.nat(300), { maxLength: 6 }),
      (before, body, exitCode, cuts) => {
        const whole = Buffer.concat([
          before,
          Buffer.from(`${nonce} 4711\n`),
          body,
          Buffer.from(`\n${nonce} ${exitCode}\n`),
        ]);
        const reader = new AnswerReader(nonce);
        const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
        for (const [index, place] of places.entries()) {
          if (index === 0) continue;
          reader.push(whole.subarray(places[index - 1], place));
          assert.equal(reader.answer === undefined, place < whole.length);
        }
        assert.deepEqual(reader.answer, { body: Buffer.from(body), exitCode });
        assert.equal(reader.pid, 4711);
      },
    ),
    { seed: 13 },
  );
});

test('another nonce, or the nonce without a status, ends nothing', () => {
  const reader = new AnswerReader(nonce);
  reader.push(Buffer.from(`${nonce} 1\nwords`));
  reader.push(Buffer.from(`\n${'f'.repeat(32)} 0\n${nonce}\n`));
  assert.equal(reader.answer, undefined);
  assert.ok(reader.partial().toString().startsWith('words\n'));
});

test('what is said instead of an answer is kept', () => {
  const reader = new AnswerReader(nonce);
  reader.push(Buffer.from('sudo: a password is required\n'));
  assert.equal(reader.pid, undefined);
  assert.equal(reader.partial().toString(), 'sudo: a password is required\n');
});
