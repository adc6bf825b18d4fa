// The state in a file: private, durable, refused when it is another's.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { sql } from 'kysely';
import { parseProcessStat, readHolderState, readOwnHolder, renderHolder } from './holder.ts';
import { insertRun } from './runs.ts';
import { openStore } from './store.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tearless-store-'));
  path = join(directory, 'deep', 'state.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the store', () => {
  it('is readable by its owner alone, whatever the umask', async () => {
    await using store = await openStore(path);
    assert.equal(statSync(join(directory, 'deep')).mode & 0o777, 0o700);
    await insertRun(store, { run: 'r', fleet: 'f', createdMs: 5, plan: '{}' }, []);
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
