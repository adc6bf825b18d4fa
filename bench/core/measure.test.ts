import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, runInTurn } from './measure.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 1, 2, 4]), 3);
  assert.throws(() => median([]), RangeError);
});

test('contenders run in turn, and rounds of warming up do not count', async () => {
  const order: string[] = [];
  const contender = (name: string) => async (round: number) => {
    order.push(`${name}${round}`);
    return round;
  };
  const samples = await runInTurn({ a: contender('a'), b: contender('b') }, { rounds: 2 });
  assert.deepEqual(order, ['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
  assert.deepEqual(samples, { a: [1, 2], b: [1, 2] });
});
