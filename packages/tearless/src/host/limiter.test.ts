import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limiter } from './limiter.ts';

test('no more run at once than allowed, and the rest start in the order they came', async () => {
  const limiter = new Limiter(2);
  let running = 0;
  let highest = 0;
  const order: number[] = [];
  await Promise.all(
    [0, 1, 2, 3, 4].map(async (index) => {
      const release = await limiter.acquire();
      order.push(index);
      running += 1;
      highest = Math.max(highest, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      release();
    }),
  );
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
  assert.equal(highest, 2);
});

test('one that is aborted while waiting gives its place in the queue up', async () => {
  const limiter = new Limiter(1);
  const release = await limiter.acquire();
  const controller = new AbortController();
  const aborted = limiter.acquire(controller.signal);
  const next = limiter.acquire();
  controller.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  release();
  (await next)();
});

test('giving a place back twice frees one place only', async () => {
  const limiter = new Limiter(1);
  const release = await limiter.acquire();
  release();
  release();
  await limiter.acquire();
  const waiting = limiter.acquire(AbortSignal.timeout(1));
  await assert.rejects(waiting, { name: 'TimeoutError' });
});
