import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TorError } from '../error.ts';
import { EventQueue } from './event-queue.ts';

const overflow = () => new TorError('too many', { kind: 'failed', code: 'control-events-overflow', place: 'local' });

function queueOf(limit = 10) {
  let ends = 0;
  const queue = new EventQueue<number>({
    limit,
    onOverflow: overflow,
    onEnd: () => {
      ends++;
    },
  });
  return { queue, ends: () => ends };
}

test('items come out in order, also to several waiting at once', async () => {
  const { queue } = queueOf();
  const waiting = [queue.next(), queue.next()];
  for (const item of [1, 2, 3]) queue.push(item);
  assert.deepEqual(await Promise.all([...waiting, queue.next()]), [
    { done: false, value: 1 },
    { done: false, value: 2 },
    { done: false, value: 3 },
  ]);
});

test('a long backlog comes out in order', async () => {
  const { queue } = queueOf(10_000);
  for (let i = 0; i < 5000; i++) queue.push(i);
  const taken: number[] = [];
  for (let i = 0; i < 3000; i++) taken.push((await queue.next()).value ?? -1);
  for (let i = 5000; i < 9000; i++) queue.push(i);
  queue.end();
  for await (const item of queue) taken.push(item);
  assert.deepEqual(
    taken,
    Array.from({ length: 9000 }, (_, i) => i),
  );
});

test('the limit counts what waits, not what has been taken', async () => {
  const { queue } = queueOf(2);
  for (let i = 0; i < 50; i++) {
    queue.push(i);
    queue.push(i);
    await queue.next();
    await queue.next();
  }
  queue.push(1);
  assert.deepEqual(await queue.next(), { done: false, value: 1 });
});

test('who does not keep up gets what was queued, then the error, then the end', async () => {
  const { queue, ends } = queueOf(2);
  for (const item of [1, 2, 3, 4]) queue.push(item);
  assert.equal(ends(), 1);
  assert.equal((await queue.next()).value, 1);
  assert.equal((await queue.next()).value, 2);
  await assert.rejects(queue.next(), { code: 'control-events-overflow' });
  assert.deepEqual(await queue.next(), { done: true, value: undefined });
});

test('a failure reaches one who waits; others who wait just end', async () => {
  const { queue } = queueOf();
  const [first, second] = [queue.next(), queue.next()];
  queue.fail(overflow());
  await assert.rejects(first, { code: 'control-events-overflow' });
  assert.deepEqual(await second, { done: true, value: undefined });
  assert.deepEqual(await queue.next(), { done: true, value: undefined });
});

test('breaking out of the loop ends the queue once and drops the rest', async () => {
  const { queue, ends } = queueOf();
  queue.push(1);
  queue.push(2);
  for await (const item of queue) {
    assert.equal(item, 1);
    break;
  }
  queue.push(3);
  assert.deepEqual(await queue.next(), { done: true, value: undefined });
  queue.end();
  queue.fail(overflow());
  assert.equal(ends(), 1);
});
