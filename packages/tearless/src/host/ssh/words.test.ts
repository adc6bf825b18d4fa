import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { parseSshFailure } from './words.ts';

const cases = z
  .array(z.object({ name: z.string(), stderr: z.string(), code: z.string() }))
  .parse(JSON.parse(readFileSync(new URL('testdata/failures.json', import.meta.url), 'utf8')));

describe('each of ssh’s failures is told apart by its words', () => {
  for (const { name, stderr, code } of cases)
    test(name, () => {
      const failure = parseSshFailure(stderr);
      assert.equal(failure.code, code);
      assert.notEqual(failure.hint, '');
      assert.doesNotMatch(failure.message, /[\r\n]/);
    });
});

test('only a host that does not answer is worth trying again', () => {
  for (const { stderr, code } of cases)
    assert.equal(parseSshFailure(stderr).retryable, code === 'ssh-unreachable', stderr);
});

test('the message quotes the line that names the cause', () => {
  assert.equal(
    parseSshFailure('ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n').message,
    'it does not answer (ssh: connect to host 127.0.0.1 port 1: Connection refused)',
  );
});

test('a changed key is never taken for an unknown one, whatever else is said', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const words = `${before}\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n${after}`;
      assert.equal(parseSshFailure(words).code, 'ssh-host-key-changed');
    }),
    { seed: 11 },
  );
});
