import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFromSeed, randomFromState } from './random.ts';

describe('random numbers', () => {
  it('are those of the reference implementation of xoshiro128** 1.1', () => {
    const random = randomFromState([1, 2, 3, 4]);
    const words = Array.from({ length: 10 }, () => random.uint32());
    assert.deepEqual(
      words,
      [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
    );
  });

  it('are the same from the same seed, and others from another', () => {
    const draw = (seed: string): number[] => {
      const random = randomFromSeed(seed);
      return Array.from({ length: 5 }, () => random.uniform());
    };
    assert.deepEqual(draw('report/A'), draw('report/A'));
    assert.notDeepEqual(draw('report/A'), draw('report/B'));
  });

  it('go on from a state', () => {
    const random = randomFromSeed('state');
    random.uint32();
    const copy = randomFromState(random.state());
    assert.deepEqual([copy.uint32(), copy.uniform()], [random.uint32(), random.uniform()]);
  });

  it('fill whole ranges evenly', () => {
    const random = randomFromSeed('even');
    const counts = new Array<number>(7).fill(0);
    for (let draw = 0; draw < 70_000; draw++) {
      const number = random.below(7);
      counts[number] = (counts[number] ?? 0) + 1;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    assert.ok(chiSquare < 22.5, `chi-square of 6 degrees is ${chiSquare}`);
    const uniforms = Array.from({ length: 10_000 }, () => random.uniform());
    assert.ok(uniforms.every((u) => u >= 0 && u < 1));
    assert.ok(Math.abs(uniforms.reduce((sum, u) => sum + u, 0) / 10_000 - 0.5) < 0.012);
  });

  it('reach both ends of ranges of any size', () => {
    const random = randomFromSeed('ends');
    for (const count of [1, 2, 3, 2 ** 21, 2 ** 21 + 1, 3 * 2 ** 30, 2 ** 32]) {
      const numbers = Array.from({ length: 2_000 }, () => random.below(count));
      assert.ok(numbers.every((number) => Number.isInteger(number) && number >= 0 && number < count));
      assert.ok(Math.min(...numbers) <= 0.01 * count && Math.max(...numbers) >= 0.99 * (count - 1), `${count}`);
      const mean = numbers.reduce((sum, number) => sum + number, 0) / 2_000;
      assert.ok(Math.abs(mean - (count - 1) / 2) <= 0.03 * count, `mean ${mean} of ${count}`);
    }
  });

  it('refuse a state of zeros and an empty range', () => {
    assert.throws(() => randomFromState([0, 0, 0, 0]), { code: 'stats-random-state' });
    assert.throws(() => randomFromState([1, 2, 3, 2 ** 32]), { code: 'stats-random-state' });
    assert.throws(() => randomFromSeed('x').below(0), { code: 'stats-out-of-range' });
  });
});
