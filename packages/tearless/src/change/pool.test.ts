import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runPool } from './pool.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a pool', () => {
  it('never runs more at once than allowed, in all and on one host, and runs every item', async () => {
    const items = Array.from({ length: 40 }, (_, at) => ({ at, host: `h${at % 3}` }));
    const running: { readonly at: number; readonly host: string }[] = [];
    const most = { all: 0, host: 0 };
    const done: number[] = [];
    await runPool(
      items,
      { itemsAtOnce: 5, itemsPerHost: 2 },
      ({ host }) => host,
      async (item) => {
        running.push(item);
        most.all = Math.max(most.all, running.length);
        most.host = Math.max(most.host, running.filter(({ host }) => host === item.host).length);
        for (let wait = 0; wait <= item.at % 4; wait += 1) await turn();
        running.splice(running.indexOf(item), 1);
        done.push(item.at);
      },
    );
    assert.deepEqual(most, { all: 5, host: 2 });
    assert.deepEqual(
      done.sort((a, b) => a - b),
      items.map(({ at }) => at),
    );
  });

  it('lets all others end before it passes on an error', async () => {
    const ended: number[] = [];
    const pool = runPool(
      [1, 2, 3],
      { itemsAtOnce: 3, itemsPerHost: 3 },
      () => 'h',
      async (item) => {
        if (item === 1) throw new Error('first');
        await turn();
        ended.push(item);
      },
    );
    await assert.rejects(pool, { message: 'first' });
    assert.deepEqual(ended, [2, 3]);
  });
});
