// An import happens whole or not at all, whatever stops it; the same again changes nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { readOwnHolder } from '../../store/holder.ts';
import { takeStoredLock } from '../../store/locks.ts';
import { openStore, type Store } from '../../store/store.ts';
import { listExperiments } from '../load/list-experiments.ts';
import { loadMeasurements } from '../load/load-measurements.ts';
import { memoryFolder, standingClock } from '../testing/memory-folder.ts';
import type { ImportFolder } from './folder.ts';
import { importFolder } from './import-folder.ts';
import { removeExperiment } from './remove-experiment.ts';

const table = (rows: number, rss = 100): string =>
  [
    'timestamp,nickname,rss_kb',
    ...Array.from(
      { length: rows },
      (_, index) => `${new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString().slice(0, 19)},one,${rss + index}`,
    ),
    '',
  ].join('\n');

const options = { id: 'x', clock: standingClock };

/** Rows of all tables that an experiment has anything in. */
const countAll = async (store: Store): Promise<number[]> => {
  const counts: number[] = [];
  for (const name of ['experiments', 'experiment_sources', 'measurement_blocks', 'locks']) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(name)}`.execute(store.db);
    counts.push(Number(rows[0]?.count));
  }
  return counts;
};

const figures = async (store: Store): Promise<number[]> => [
  ...((await loadMeasurements(store, 'x')).samples[0]?.rssKib ?? []),
];

describe('an import', () => {
  it('of the same folder again changes nothing', async () => {
    await using store = await openStore(':memory:');
    const folder = memoryFolder({ 'a.csv': table(3), 'b.csv': table(2) });
    assert.equal((await importFolder(folder, store, options)).changed, true);
    const before = await countAll(store);
    const again = await importFolder(folder, store, options);
    assert.equal(again.changed, false);
    assert.deepEqual(
      again.files.map(({ state, rows }) => [state, rows]),
      [
        ['unchanged', 3],
        ['unchanged', 2],
      ],
    );
    assert.deepEqual(await countAll(store), before);
  });

  it('of a changed file replaces what it was; a file that is gone stays, and is told', async () => {
    await using store = await openStore(':memory:');
    await importFolder(
      memoryFolder({ 'a.csv': table(3), 'b.csv': 'timestamp,nickname,rss_kb\n2025-01-01,one,7\n' }),
      store,
      options,
    );
    const result = await importFolder(memoryFolder({ 'a.csv': table(2, 500) }), store, options);
    assert.deepEqual(
      result.files.map(({ name, state }) => [name, state]),
      [['a.csv', 'changed']],
    );
    assert.deepEqual(result.kept, ['b.csv']);
    assert.deepEqual(await figures(store), [7, 500, 501]);
  });

  it('that knows a zone now is read again', async () => {
    await using store = await openStore(':memory:');
    const folder = memoryFolder({ 'a.csv': table(1) });
    await importFolder(folder, store, options);
    const { changed } = await importFolder(folder, store, { ...options, timeZone: 'Asia/Tokyo' });
    assert.equal(changed, true);
    const { snapshots, info } = await loadMeasurements(store, 'x');
    assert.deepEqual([...snapshots], [Date.UTC(2026, 0, 1) - 9 * 3_600_000]);
    assert.equal(info.timeZone, 'utc');
    assert.equal((await importFolder(folder, store, options)).changed, false, 'the zone is remembered');
  });

  /** Gives a part of the second file, then does something. */
  const interrupted = (act: () => void): ImportFolder => {
    const folder = memoryFolder({ 'a.csv': table(2), 'b.csv': table(5000, 1) }, { chunkBytes: 4096 });
    let chunks = 0;
    let opened = 0;
    return {
      ...folder,
      open: async function* (name) {
        if (name === 'b.csv') opened += 1;
        for await (const chunk of folder.open(name)) {
          if (name === 'b.csv' && opened > 1) chunks += 1;
          if (chunks === 10) act();
          yield chunk;
        }
      },
    };
  };

  it('that is aborted leaves no trace', async () => {
    await using store = await openStore(':memory:');
    const stop = new AbortController();
    const folder = interrupted(() => stop.abort(new Error('enough')));
    await assert.rejects(importFolder(folder, store, { ...options, signal: stop.signal }), { message: 'enough' });
    assert.deepEqual(await countAll(store), [0, 0, 0, 0]);
    assert.deepEqual(await listExperiments(store), []);
  });

  it('that fails half-way leaves what was there before', async () => {
    await using store = await openStore(':memory:');
    await importFolder(memoryFolder({ 'a.csv': table(3) }), store, options);
    const before = await countAll(store);
    const folder = interrupted(() => {
      throw new Error('the disk is gone');
    });
    await assert.rejects(importFolder(folder, store, options), { message: 'the disk is gone' });
    assert.deepEqual(await countAll(store), before);
    assert.deepEqual(await figures(store), [100, 101, 102]);
  });

  it('that is killed while it writes is seen by nobody, and the next one finds nothing in its way', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tearless-import-'));
    const path = join(directory, 'state.db');
    const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'testing', 'import-and-hang.ts'), path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      const [said] = await Promise.race([once(child.stdout, 'data'), ended]);
      assert.match(String(said), /half/);
      child.kill('SIGKILL');
      await ended;
      await using store = await openStore(path);
      assert.ok(((await countAll(store))[2] ?? 0) > 0, 'blocks were written before it was killed');
      assert.deepEqual(await listExperiments(store), []);
      await assert.rejects(loadMeasurements(store, 'x'), { code: 'experiment-unknown' });
      await importFolder(memoryFolder({ 'b.csv': table(2) }), store, options);
      assert.deepEqual(await figures(store), [100, 101]);
      assert.deepEqual(await countAll(store), [1, 1, 1, 0]);
    } finally {
      child.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true });
    }
  });

  it('that was killed is swept up by the next one, its lock included', async () => {
    await using store = await openStore(':memory:');
    // What a killed process leaves: staged rows, and its lock.
    await sql`insert into experiments values ('x', 0, 'staged', '{}')`.execute(store.db);
    await sql`insert into experiment_sources values ('s', 'x', 'a.csv', 'staged', 'memory', 'v1', '', 0, 9, null, '[]', 0)`.execute(
      store.db,
    );
    await sql`insert into measurement_blocks values ('s', 1, 'samples', 0, 1, 9, '{}', x'00')`.execute(store.db);
    const gone = { ...readOwnHolder(), startTicks: 1 };
    await takeStoredLock(store, { name: 'experiment/x', run: 'import-1', holder: gone, sinceMs: 0 }, () => {});
    assert.deepEqual(await listExperiments(store), []);
    await assert.rejects(loadMeasurements(store, 'x'), { code: 'experiment-unknown' });
    await importFolder(memoryFolder({ 'b.csv': table(2) }), store, options);
    assert.deepEqual(await figures(store), [100, 101]);
    assert.deepEqual(await countAll(store), [1, 1, 1, 0]);
  });

  it('waits for nobody: another import of the same experiment is named', async () => {
    await using store = await openStore(':memory:');
    const lock = { name: 'experiment/x', run: 'import-1', holder: readOwnHolder(), sinceMs: 0 };
    await takeStoredLock(store, lock, () => {});
    await assert.rejects(importFolder(memoryFolder({ 'a.csv': table(1) }), store, options), {
      code: 'experiment-held',
      kind: 'locked',
    });
  });

  it('gives the same whatever the chunks are', async () => {
    const text = `${table(50)}"2026-03-01T00:00:00","t""wo","7"\r\n2026-03-01T00:00:00,thr`;
    const results = await Promise.all(
      [1, 2, 3, 7, 64, 100_000].map(async (chunkBytes) => {
        await using store = await openStore(':memory:');
        await importFolder(memoryFolder({ 'a.csv': `\uFEFF${text}` }, { chunkBytes }), store, options);
        return await loadMeasurements(store, 'x');
      }),
    );
    for (const other of results) assert.deepEqual(other, results[0]);
    assert.equal(results[0]?.problems[0]?.line, 53);
    assert.deepEqual(
      results[0]?.relays.map(({ id }) => id),
      ['one', 't"wo'],
    );
  });
});

describe('two files of the same relay', () => {
  it('are one series; of an instant in both the first file’s row is kept, with both lines told', async () => {
    await using store = await openStore(':memory:');
    const late = table(3, 900).replace('2026-01-01T00:00', '2025-12-31T23:00');
    await importFolder(memoryFolder({ 'a.csv': table(2), 'b.csv': late }), store, options);
    const { samples, problems } = await loadMeasurements(store, 'x');
    assert.deepEqual([...(samples[0]?.rssKib ?? [])], [900, 100, 101, 902]);
    assert.deepEqual(
      problems.map(({ code, file, line, relay, same }) => [code, file, line, relay, same]),
      [['duplicate-row', 'b.csv', 3, 'one', false]],
    );
    assert.match(problems[0]?.message ?? '', /stands in a\.csv, line 3 already/);
  });
});

describe('a removed experiment', () => {
  it('is gone with all that belongs to it; one that is not there is named', async () => {
    await using store = await openStore(':memory:');
    await importFolder(memoryFolder({ 'a.csv': table(2) }), store, options);
    await removeExperiment(store, 'x', standingClock);
    assert.deepEqual(await countAll(store), [0, 0, 0, 0]);
    await assert.rejects(removeExperiment(store, 'x', standingClock), { code: 'experiment-unknown' });
  });
});
