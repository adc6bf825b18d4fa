import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TorError } from './error.ts';

test('a TorError carries what the receiver needs to act', () => {
  const cause = new Error('socket hang up');
  const error = new TorError('no answer', {
    kind: 'timeout',
    code: 'control-timeout',
    place: 'tor',
    hint: 'try again',
    cause,
    line: 7,
  });
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'TorError');
  assert.equal(error.message, 'no answer');
  assert.equal(error.cause, cause);
  assert.equal(error.hint, 'try again');
  assert.equal(error.line, 7);
});

test('only timeouts and unreachable peers are retryable unless said otherwise', () => {
  const retryable = (kind: 'protocol' | 'timeout' | 'unreachable' | 'refused') =>
    new TorError('x', { kind, code: 'control-x', place: 'tor' }).retryable;
  assert.deepEqual((['protocol', 'refused', 'timeout', 'unreachable'] as const).map(retryable), [
    false,
    false,
    true,
    true,
  ]);
  assert.equal(
    new TorError('x', { kind: 'refused', code: 'control-x', place: 'tor', retryable: true }).retryable,
    true,
  );
});

test('an absent hint, line or cause is absent, not undefined', () => {
  const error = new TorError('x', { kind: 'failed', code: 'control-x', place: 'local' });
  assert.equal('hint' in error, false);
  assert.equal('line' in error, false);
  assert.equal('cause' in error, false);
});
