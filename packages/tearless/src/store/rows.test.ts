// What rows do on every store: runs, entries, locks, experiments, the balancer's state.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import {
  keepBalanceWorkers,
  noteBalanceCounter,
  readBalanceCounter,
  readBalanceRounds,
  readBalanceWorkers,
  writeBalanceFrontend,
  writeBalanceRound,
  writeBalanceWorkers,
} from './balance.ts';
import {
  appendBlocks,
  countRows,
  countSmallBlocks,
  insertSource,
  newSourceId,
  publishSources,
  readBlockData,
  readLiveBlockHeads,
  readSources,
} from './experiment-sources.ts';
import {
  appendNote,
  deleteExperiment,
  insertExperiment,
  insertGap,
  listStoredExperiments,
  readGaps,
  readNotes,
} from './experiments.ts';
import { readOwnHolder } from './holder.ts';
import { readStoredLock, releaseStoredLock, takeStoredLock } from './locks.ts';
import type { StorePlace } from './place.ts';
import { inTransaction } from './rows.ts';
import { appendEntries, findStoredRun, insertRun, listStoredRuns, readEntries } from './runs.ts';
import { openStore } from './store.ts';
import { useBackends } from './testing/backends.ts';

const row = { run: 'r', fleet: 'f', createdMs: 5, plan: '{}' };
const entry = (id: string) => ({ id, atMs: 7, event: `{"id":"${id}"}` });

for (const { name, make } of useBackends())
  describe(`on ${name}`, () => {
    let place: StorePlace;
    beforeEach(() => {
      place = make();
    });

    it('what was written is there when the store is opened again', async () => {
      {
        await using store = await openStore(place);
        await insertRun(store, row, [entry('a'), entry('b')]);
        await appendEntries(store, 'r', [entry('c')], 'done');
      }
      await using store = await openStore(place);
      assert.deepEqual(await findStoredRun(store, 'r'), { ...row, outcome: 'done' });
      assert.deepEqual(
        (await readEntries(store, 'r')).map(({ id, seq }) => [id, seq]),
        [
          ['a', 1],
          ['b', 2],
          ['c', 3],
        ],
      );
    });

    it('many can open it at once on the first day, and write', async () => {
      const stores = await Promise.all(Array.from({ length: 8 }, () => openStore(place)));
      try {
        await Promise.all(stores.map((store, at) => insertRun(store, { ...row, run: `r${at}` }, [])));
        assert.equal((await listStoredRuns(stores[0] ?? assert.fail())).length, 8);
        // Each number once, though each looks for the last one first.
        await Promise.all(stores.map((store, at) => appendEntries(store, 'r0', [entry(`e${at}`)])));
        const numbers = (await readEntries(stores[0] ?? assert.fail(), 'r0')).map(({ seq }) => seq);
        assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
      } finally {
        await Promise.all(stores.map((store) => store.close()));
      }
    });

    it('a transaction that is kept open makes others wait, and then say that the store is busy', async () => {
      await using first = await openStore(place);
      await using second = await openStore(place, { busyMs: 20 });
      await insertRun(first, row, []);
      await inTransaction(first, async (rows) => {
        await rows.deleteFrom('locks').execute();
        await assert.rejects(appendEntries(second, 'r', [entry('a')]), {
          code: 'store-busy',
          kind: 'locked',
          retryable: true,
          subject: second.path,
        });
      });
      await appendEntries(second, 'r', [entry('a')]);
    });

    it('a run is there once, with its first entries or not at all', async () => {
      await using store = await openStore(place);
      await insertRun(store, row, []);
      await assert.rejects(insertRun(store, row, [entry('a')]), { code: 'store-run-exists' });
      assert.deepEqual(await readEntries(store, 'r'), []);
      await assert.rejects(
        insertRun(store, { ...row, run: 'x' }, [entry('a'), { ...entry('b'), event: null as never }]),
      );
      assert.equal(await findStoredRun(store, 'x'), undefined);
    });

    it('an entry that is there already stays as it was', async () => {
      await using store = await openStore(place);
      await insertRun(store, row, [entry('a')]);
      await appendEntries(store, 'r', [{ ...entry('a'), event: 'other' }, entry('b')]);
      const entries = await readEntries(store, 'r');
      assert.deepEqual(
        entries.map(({ seq: _, ...stored }) => stored),
        [entry('a'), entry('b')],
      );
      assert.deepEqual(await readEntries(store, 'r', entries[0]?.seq), entries.slice(1));
    });

    it('runs are listed newest first, by fleet, up to a limit, and names by their bytes', async () => {
      await using store = await openStore(place);
      for (const [run, fleet, createdMs] of [
        ['1', 'f', 1],
        ['2', 'g', 2],
        ['3', 'f', 3],
        ['B', 'f', 3],
        ['a', 'f', 3],
      ] as const)
        await insertRun(store, { ...row, run, fleet, createdMs }, []);
      const names = async (filter?: Parameters<typeof listStoredRuns>[1]) =>
        (await listStoredRuns(store, filter)).map(({ run }) => run);
      assert.deepEqual(await names(), ['a', 'B', '3', '2', '1']);
      assert.deepEqual(await names({ fleet: 'f', limit: 2 }), ['a', 'B']);
    });

    it('of two that want a lock one gets it, the other’s rule sees who, and only the holder gives it up', async () => {
      await using first = await openStore(place);
      await using second = await openStore(place);
      const seen: string[] = [];
      const take = (store: typeof first, run: string) =>
        takeStoredLock(store, { name: 'fleet/f', run, holder: readOwnHolder(), sinceMs: 1 }, (standing) => {
          seen.push(standing.run);
          throw new Error('held');
        });
      const results = await Promise.allSettled([take(first, 'a'), take(second, 'b')]);
      const winner = (await readStoredLock(first, 'fleet/f'))?.run ?? '';
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      assert.deepEqual(seen, [winner]);
      await releaseStoredLock(second, 'fleet/f', winner === 'a' ? 'b' : 'a');
      assert.equal((await readStoredLock(first, 'fleet/f'))?.run, winner);
      await releaseStoredLock(first, 'fleet/f', winner);
      assert.equal(await readStoredLock(first, 'fleet/f'), undefined);
    });

    it('an error of who uses a transaction comes out as it is, and nothing was written', async () => {
      await using store = await openStore(place);
      const own = Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' });
      await assert.rejects(
        inTransaction(store, async (rows) => {
          await insertExperiment(rows, { id: 'x', createdMs: 1, info: '{}' }, 'live');
          throw own;
        }),
        (error) => error === own,
      );
      assert.deepEqual(await listStoredExperiments(store), []);
    });

    it('experiments, their sources, blocks of bytes, notes and gaps read back as written, and go together', async () => {
      await using store = await openStore(place);
      const source = {
        source: newSourceId(),
        experiment: 'x',
        name: 'a.csv',
        kind: 'samples',
        reader: '1',
        sha256: 'ab',
        bytes: 2 ** 40,
        rows: 3,
        document: undefined,
        problems: '[]',
        importedMs: 1_790_000_000_000,
      };
      const data = Uint8Array.from({ length: 256 }, (_, at) => at);
      const block = { kind: 'samples', fromMs: 1, toMs: 2, rows: 3, head: '{}', data };
      await inTransaction(store, async (rows) => {
        await insertExperiment(rows, { id: 'x', createdMs: 1, info: '{}' }, 'live');
        await insertExperiment(rows, { id: 'x', createdMs: 2, info: 'other' }, 'live');
        await insertSource(rows, source, 'staged');
        await appendBlocks(rows, source.source, [block, { ...block, rows: 9 }]);
      });
      assert.deepEqual(await readSources(store, 'x'), []);
      await inTransaction(store, async (rows) => {
        await publishSources(rows, 'x', [source]);
        await countRows(rows, source.source, 4, 1_790_000_000_001);
      });
      assert.deepEqual(await readSources(store, 'x'), [{ ...source, rows: 7, importedMs: 1_790_000_000_001 }]);
      assert.deepEqual(new Uint8Array((await readBlockData(store.db, source.source, 1)) ?? []), data);
      assert.equal(await countSmallBlocks(store.db, source.source, 'samples', 9), 1);
      assert.deepEqual(
        (await readLiveBlockHeads(store, 'x')).map(({ seq }) => seq),
        [1, 2],
      );
      assert.deepEqual(
        [
          await appendNote(store, 'x', { kind: 'look', atMs: 1, json: '1' }),
          await appendNote(store, 'x', { kind: 'look', atMs: 2, json: '2' }),
        ],
        [1, 2],
      );
      const gap = { atMs: 5, host: 'h', reason: 'down' };
      await insertGap(store, 'x', gap);
      await insertGap(store, 'x', { ...gap, reason: 'told again' });
      assert.deepEqual(await readGaps(store, 'x'), [gap]);
      assert.equal(await deleteExperiment(store, 'x'), true);
      assert.equal(await deleteExperiment(store, 'x'), false);
      assert.deepEqual([await readNotes(store, 'x', 'look'), await readGaps(store, 'x')], [[], []]);
    });

    it('a counter never goes back, also one beyond what doubles hold, whoever notes it', async () => {
      await using first = await openStore(place);
      await using second = await openStore(place);
      assert.equal(await readBalanceCounter(first, 'd'), null);
      const high = 2n ** 64n - 2n;
      await Promise.all(
        Array.from({ length: 12 }, (_, at) =>
          noteBalanceCounter(at % 2 === 0 ? first : second, 'd', high - BigInt(at), at),
        ),
      );
      await noteBalanceCounter(second, 'other', 5n, 2);
      assert.equal(await readBalanceCounter(first, 'd'), high);
    });

    it('rounds of periods that are over are forgotten, workers that are gone too', async () => {
      await using store = await openStore(place);
      await writeBalanceFrontend(store, { key: 'f', atMs: 1, json: '{}' });
      for (const period of [10, 11, 14])
        await writeBalanceRound(store, 'f', { period, publishedMs: period, json: '{}' });
      assert.deepEqual(
        (await readBalanceRounds(store, 'f')).map(({ period }) => period),
        [14],
      );
      await writeBalanceWorkers(store, 'f', [
        { key: 'a', atMs: 1, json: '{}' },
        { key: 'b', atMs: 1, json: '{}' },
      ]);
      await keepBalanceWorkers(store, 'f', ['b']);
      assert.deepEqual(
        (await readBalanceWorkers(store, 'f')).map(({ key }) => key),
        ['b'],
      );
      await keepBalanceWorkers(store, 'f', []);
      assert.deepEqual(await readBalanceWorkers(store, 'f'), []);
    });
  });
