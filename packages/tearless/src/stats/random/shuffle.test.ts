import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed } from './random.ts';
import { permuteWithinBlocks, shuffle } from './shuffle.ts';

describe('shuffle', () => {
  it('gives every order equally often', () => {
    const random = randomFromSeed('orders');
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 24_000; draw++) {
      const order = shuffle(['a', 'b', 'c', 'd'], random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    assert.ok(chiSquare < 50, `chi-square of 23 degrees is ${chiSquare}`);
  });

  it('leaves the list handed in as it was', () => {
    const items = [1, 2, 3, 4, 5];
    assert.deepEqual([...shuffle(items, randomFromSeed('x'))].sort(), items);
    assert.deepEqual(items, [1, 2, 3, 4, 5]);
  });
});

describe('permuteWithinBlocks', () => {
  it('keeps the labels of each block in it', () => {
    const labels = ['A', 'Z', 'A', 'A', 'B', 'Z', 'Z'];
    const blocks = ['x', 'y', 'x', 'y', 'y', 'x', 'y'];
    const random = randomFromSeed('blocks');
    const orders = new Set<string>();
    for (let draw = 0; draw < 200; draw++) {
      const permuted = permuteWithinBlocks(labels, blocks, random);
      const of = (block: string): string =>
        permuted
          .filter((_, place) => blocks[place] === block)
          .sort()
          .join('');
      assert.deepEqual([of('x'), of('y')], ['AAZ', 'ABZZ']);
      orders.add(permuted.join(''));
    }
    assert.equal(orders.size, 3 * 12);
  });

  it('refuses lists of different lengths', () => {
    assert.throws(() => permuteWithinBlocks(['A'], [], randomFromSeed('x')), { code: 'stats-lengths' });
  });
});
