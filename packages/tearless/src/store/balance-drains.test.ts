import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readBalanceDrains, removeBalanceDrain, writeBalanceDrain } from './balance-drains.ts';
import { openStore } from './store.ts';

it('a worker is drained since it was first asked for, until that is taken back', async () => {
  await using store = await openStore(':memory:');
  await writeBalanceDrain(store, { frontend: 'b.onion', worker: 'w1', sinceMs: 5 });
  await writeBalanceDrain(store, { frontend: 'b.onion', worker: 'w1', sinceMs: 9 });
  await writeBalanceDrain(store, { frontend: 'a.onion', worker: 'w1', sinceMs: 7 });
  assert.deepEqual(await readBalanceDrains(store), [
    { frontend: 'a.onion', worker: 'w1', sinceMs: 7 },
    { frontend: 'b.onion', worker: 'w1', sinceMs: 5 },
  ]);
  assert.equal(await removeBalanceDrain(store, 'b.onion', 'w1'), true);
  assert.equal(await removeBalanceDrain(store, 'b.onion', 'w1'), false);
  assert.equal((await readBalanceDrains(store)).length, 1);
});
