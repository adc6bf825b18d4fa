// What is tried again, and what is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveError } from '../live-error.ts';
import { tryAgain } from './try-again.ts';

const failing = (code: string, times: number) => {
  let calls = 0;
  return async (): Promise<number> => {
    calls += 1;
    if (calls <= times) throw new LiveError({ kind: 'timeout', code, message: `${calls}` });
    return calls;
  };
};

test('what was given up is tried again, and how often is told', async () => {
  assert.deepEqual(await tryAgain(3, failing('live-inject-given-up', 2)), { result: 3, givenUp: 2 });
  assert.deepEqual(await tryAgain(3, failing('live-inject-given-up', 0)), { result: 1, givenUp: 0 });
});

test('no more often than was said, and nothing else', async () => {
  await assert.rejects(tryAgain(3, failing('live-inject-given-up', 3)), { message: '3' });
  await assert.rejects(tryAgain(3, failing('live-inject-undone', 1)), { message: '1' });
});
