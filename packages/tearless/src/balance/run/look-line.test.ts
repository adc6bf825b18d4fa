import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LookLine } from './look-line.ts';

/** Ten of them; each ends when it is let. */
const open = (most: number) => {
  const ending = new AbortController();
  const line = new LookLine(most, ending.signal);
  const begun: number[] = [];
  const dismissed: number[] = [];
  const ends: (() => void)[] = [];
  for (let look = 0; look < 10; look += 1) {
    line.add({
      begin: () => {
        begun.push(look);
        return new Promise((resolve) => ends.push(resolve));
      },
      dismiss: () => dismissed.push(look),
    });
  }
  return { ending, begun, dismissed, ends };
};

describe('the line of looks', () => {
  it('lets no more begin than may go on at once, and the next when one has ended', async () => {
    const { begun, ends } = open(3);
    assert.deepEqual(begun, [0, 1, 2]);
    ends[1]?.();
    await new Promise(setImmediate);
    assert.deepEqual(begun, [0, 1, 2, 3]);
  });

  it('dismisses what has not begun when the connection ends', async () => {
    const { ending, begun, dismissed, ends } = open(3);
    ending.abort();
    assert.deepEqual(dismissed, [3, 4, 5, 6, 7, 8, 9]);
    for (const end of ends) end();
    await new Promise(setImmediate);
    assert.deepEqual(begun, [0, 1, 2]);
  });
});
