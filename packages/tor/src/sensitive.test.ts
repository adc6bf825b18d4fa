import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { reveal, Sensitive } from './sensitive.ts';

test('a sensitive value shows itself nowhere unless revealed', () => {
  const secret = new Sensitive('hunter2');
  const shown = [`${secret}`, String(secret), JSON.stringify({ secret }), inspect(secret), inspect({ deep: [secret] })];
  for (const text of shown) assert.doesNotMatch(text, /hunter2/);
  assert.equal(secret.reveal(), 'hunter2');
});

test('reveal takes wrapped and plain values alike', () => {
  assert.equal(reveal('plain'), 'plain');
  assert.equal(reveal(new Sensitive('wrapped')), 'wrapped');
  assert.deepEqual(reveal(Uint8Array.of(1)), Uint8Array.of(1));
  assert.deepEqual(reveal(new Sensitive(Uint8Array.of(2))), Uint8Array.of(2));
});
