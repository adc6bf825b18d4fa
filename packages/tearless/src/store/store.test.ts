// The state database: private, durable, shared by processes, refused when it is another's.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sql } from 'kysely';
import { parseProcessStat, readHolderState, readOwnHolder, renderHolder } from './holder.ts';
import { readStoredLock, releaseStoredLock, takeStoredLock } from './locks.ts';
import { appendEntries, findStoredRun, insertRun, listStoredRuns, readEntries } from './runs.ts';
import { openStore } from './store.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tearless-store-'));
  path = join(directory, 'deep', 'state.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const row = { run: 'r', fleet: 'f', createdMs: 5, plan: '{}' };
const entry = (id: string) => ({ id, atMs: 7, event: `{"id":"${id}"}` });

describe('the store', () => {
  it('is readable by its owner alone, whatever the umask', async () => {
    await using store = await openStore(path);
    assert.equal(statSync(join(directory, 'deep')).mode & 0o777, 0o700);
    await insertRun(store, row, [entry('a')]);
    for (const suffix of ['', '-wal', '-shm']) assert.equal(statSync(`${path}${suffix}`).mode & 0o777, 0o600, suffix);
  });

  it('has every commit on the disk before it answers', async () => {
    await using store = await openStore(path);
    const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(store.db);
    assert.deepEqual(
      rows.map(({ synchronous }) => synchronous),
      [2],
    );
    const journal = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(store.db);
    assert.deepEqual(
      journal.rows.map(({ journal_mode }) => journal_mode),
      ['wal'],
    );
  });

  it('keeps what was written when it is opened again', async () => {
    {
      await using store = await openStore(path);
      await insertRun(store, row, [entry('a'), entry('b')]);
      await appendEntries(store, 'r', [entry('c')], 'done');
    }
    await using store = await openStore(path);
    assert.deepEqual(await findStoredRun(store, 'r'), { ...row, outcome: 'done' });
    assert.deepEqual(
      (await readEntries(store, 'r')).map(({ id }) => id),
      ['a', 'b', 'c'],
    );
  });

  it('can be opened by many at once on the first day', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => openStore(path)));
    await Promise.all(stores.map((store, at) => insertRun(store, { ...row, run: `r${at}` }, [])));
    assert.equal((await listStoredRuns(stores[0] ?? assert.fail())).length, 8);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('refuses a database that a newer Tearless wrote', async () => {
    {
      await using store = await openStore(path);
      await sql`insert into kysely_migration values ('9999-future', '2030-01-01T00:00:00Z')`.execute(store.db);
    }
    await assert.rejects(openStore(path), { code: 'store-newer', kind: 'refused' });
  });

  it('refuses what is no database, and says which file', async () => {
    const file = join(directory, 'text');
    writeFileSync(file, 'this is no database at all, just a text that is long enough to be looked at'.repeat(20));
    await assert.rejects(openStore(file), { code: 'store-unusable', subject: file });
    await assert.rejects(openStore(join(file, 'below.db')), { code: 'store-unusable' });
  });

  it('says that another keeps it busy, instead of an SQLite number', async () => {
    await using first = await openStore(path);
    await using second = await openStore(path, { busyMs: 10 });
    await first.db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('locks').execute();
      await assert.rejects(appendEntries(second, 'r', [entry('a')]), {
        code: 'store-busy',
        kind: 'locked',
        retryable: true,
      });
    });
  });
});

describe('runs and entries', () => {
  it('a run is there once, with its first entries or not at all', async () => {
    await using store = await openStore(path);
    await insertRun(store, row, []);
    await assert.rejects(insertRun(store, row, [entry('a')]), { code: 'store-run-exists' });
    assert.deepEqual(await readEntries(store, 'r'), []);
    await assert.rejects(insertRun(store, { ...row, run: 'x' }, [entry('a'), { ...entry('b'), event: null as never }]));
    assert.equal(await findStoredRun(store, 'x'), undefined);
  });

  it('an entry that is there already stays as it was', async () => {
    await using store = await openStore(path);
    await insertRun(store, row, [entry('a')]);
    await appendEntries(store, 'r', [{ ...entry('a'), event: 'other' }, entry('b')]);
    const entries = await readEntries(store, 'r');
    assert.deepEqual(
      entries.map(({ seq: _, ...stored }) => stored),
      [entry('a'), entry('b')],
    );
    assert.deepEqual(await readEntries(store, 'r', entries[0]?.seq), entries.slice(1));
  });

  it('are listed newest first, by fleet, up to a limit', async () => {
    await using store = await openStore(path);
    for (const [run, fleet, createdMs] of [
      ['1', 'f', 1],
      ['2', 'g', 2],
      ['3', 'f', 3],
      ['4', 'f', 3],
    ] as const) {
      await insertRun(store, { ...row, run, fleet, createdMs }, []);
    }
    const names = async (filter?: Parameters<typeof listStoredRuns>[1]) =>
      (await listStoredRuns(store, filter)).map(({ run }) => run);
    assert.deepEqual(await names(), ['4', '3', '2', '1']);
    assert.deepEqual(await names({ fleet: 'f', limit: 2 }), ['4', '3']);
  });
});

describe('locks', () => {
  const lock = (run: string) => ({ name: 'fleet/f', run, holder: readOwnHolder(), sinceMs: 1 });
  const refuse = (): never => {
    throw new Error('held');
  };

  it('of two that want one, one gets it, and the other’s rule sees who', async () => {
    await using first = await openStore(path);
    await using second = await openStore(path);
    const seen: string[] = [];
    const take = (store: typeof first, run: string) =>
      takeStoredLock(store, lock(run), (standing) => {
        seen.push(standing.run);
        refuse();
      });
    const results = await Promise.allSettled([take(first, 'a'), take(second, 'b')]);
    const winner = (await readStoredLock(first, 'fleet/f'))?.run;
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.deepEqual(seen, [winner]);
  });

  it('are given up only by the run that holds them', async () => {
    await using store = await openStore(path);
    await takeStoredLock(store, lock('a'), refuse);
    await releaseStoredLock(store, 'fleet/f', 'b');
    assert.equal((await readStoredLock(store, 'fleet/f'))?.run, 'a');
    await releaseStoredLock(store, 'fleet/f', 'a');
    assert.equal(await readStoredLock(store, 'fleet/f'), undefined);
  });
});

describe('a lock’s holder', () => {
  const own = readOwnHolder();

  it('is this process, alive', () => {
    assert.equal(own.pid, process.pid);
    assert.equal(readHolderState(own), 'alive');
    assert.match(renderHolder(own), /^.+@.+ \(process \d+\)$/);
  });

  for (const [title, holder, state] of [
    ['whose pid belongs to a later process is gone', { ...own, startTicks: own.startTicks - 1 }, 'gone'],
    ['whose pid is free is gone', { ...own, pid: 2 ** 22 + 1 }, 'gone'],
    ['of before the last boot is gone', { ...own, bootId: 'earlier' }, 'gone'],
    ['on another machine cannot be seen', { ...own, machineKey: 'another' }, 'elsewhere'],
    ['on a machine that cannot be told cannot be seen', { ...own, machineKey: '' }, 'elsewhere'],
  ] as const) {
    it(title, () => assert.equal(readHolderState(holder), state));
  }

  it('is read from a line of /proc whatever the command is called', () => {
    const line = '42 (a) b) (c) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 0 0';
    assert.deepEqual(parseProcessStat(line), { pid: 42, state: 'S', startTicks: 98765 });
    assert.equal(parseProcessStat(''), undefined);
    assert.equal(parseProcessStat('42 (x) S'), undefined);
  });
});
