import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  keepBalanceWorkers,
  noteBalanceCounter,
  readBalanceCounter,
  readBalanceRounds,
  readBalanceWorkers,
  writeBalanceFrontend,
  writeBalanceRound,
  writeBalanceWorker,
} from './balance.ts';
import { openStore } from './store.ts';

it('a counter never goes back, also one beyond what doubles hold', async () => {
  await using store = await openStore(':memory:');
  assert.equal(await readBalanceCounter(store, 'd'), null);
  const high = 2n ** 62n + 1n;
  await noteBalanceCounter(store, 'd', high, 1);
  await noteBalanceCounter(store, 'd', high - 1n, 2);
  await noteBalanceCounter(store, 'other', 5n, 2);
  assert.equal(await readBalanceCounter(store, 'd'), high);
});

it('rounds of periods that are over are forgotten, workers that are gone too', async () => {
  await using store = await openStore(':memory:');
  await writeBalanceFrontend(store, { key: 'f', atMs: 1, json: '{}' });
  for (const period of [10, 11, 14]) await writeBalanceRound(store, 'f', { period, publishedMs: period, json: '{}' });
  assert.deepEqual(
    (await readBalanceRounds(store, 'f')).map(({ period }) => period),
    [14],
  );
  for (const key of ['a', 'b']) await writeBalanceWorker(store, 'f', { key, atMs: 1, json: '{}' });
  await keepBalanceWorkers(store, 'f', ['b']);
  assert.deepEqual(
    (await readBalanceWorkers(store, 'f')).map(({ key }) => key),
    ['b'],
  );
});
