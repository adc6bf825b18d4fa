import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from './wait.ts';

test('waiting ends with the first value that the probe gives', async () => {
  let asked = 0;
  const value = await waitFor(() => (++asked === 3 ? 'there' : undefined), {
    what: 'it',
    timeoutMs: 120_000,
    intervalMs: 1,
  });
  assert.equal(value, 'there');
  assert.equal(asked, 3);
});

test('waiting in vain says for what, how long, and what was instead', async () => {
  const options = { what: 'the moon', timeoutMs: 2, intervalMs: 1, explain: () => 'it is day' };
  await assert.rejects(
    waitFor(() => false, options),
    { code: 'lab-timeout', kind: 'timeout', message: 'waited 0.002 s for the moon: it is day', retryable: true },
  );
});

test('waiting can be given up, and the error of a probe ends it', async () => {
  const controller = new AbortController();
  const waiting = waitFor(() => false, { what: 'it', timeoutMs: 60_000, signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(waiting);
  const broken = new Error('broken');
  await assert.rejects(
    waitFor(
      () => {
        throw broken;
      },
      { what: 'it', timeoutMs: 60_000 },
    ),
    broken,
  );
});
