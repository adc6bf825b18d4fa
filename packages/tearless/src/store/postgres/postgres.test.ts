// A store on a real PostgreSQL server: connections that break, a server that is away, TLS, and a newer schema.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import type { StorePlace } from '../place.ts';
import { inTransaction } from '../rows.ts';
import { insertRun, listStoredRuns } from '../runs.ts';
import { openStore } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { startPostgres, type TestPostgres } from '../testing/postgres.ts';
import { parsePostgresUrl } from './url.ts';

const row = { run: 'r', fleet: 'f', createdMs: 5, plan: '{}' };
let postgres: TestPostgres;
before(async () => {
  postgres = await startPostgres({ tls: true });
});
after(() => postgres?.stop());

/** Ends all sessions of a database as an administrator or a firewall would. */
const cutSessions = (database: string | undefined): void => {
  postgres.execute(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`);
};

describe('a store on PostgreSQL', () => {
  it('goes on with other connections when its own were ended', async () => {
    const place = postgres.makeDatabase();
    await using store = await openStore(place);
    await insertRun(store, row, []);
    cutSessions(place.at.database);
    // Of each connection that was lost somebody hears once; who asks again gets another.
    for (let lost = 0; ; lost += 1)
      try {
        await listStoredRuns(store);
        break;
      } catch (error) {
        assert.ok(error instanceof StoreError && error.retryable && lost < 4, String(error));
      }
    assert.equal((await listStoredRuns(store)).length, 1);
  });

  it('writes nothing of a transaction whose connection is ended, and says why', async () => {
    const place = postgres.makeDatabase();
    await using store = await openStore(place);
    const cut = inTransaction(store, async (rows) => {
      await rows.insertInto('runs').values({ run: 'x', fleet: 'f', created_ms: 1, plan: '', outcome: null }).execute();
      cutSessions(place.at.database);
      await rows.selectFrom('runs').selectAll().execute();
    });
    await assert.rejects(cut, { code: 'store-unreachable', retryable: true, subject: store.path });
    assert.deepEqual(await listStoredRuns(store), []);
  });

  it('says that the server is away, and goes on when it is back', async () => {
    const place = postgres.makeDatabase();
    await using store = await openStore(place);
    await insertRun(store, row, []);
    await postgres.halt();
    try {
      await assert.rejects(listStoredRuns(store), { code: 'store-unreachable', kind: 'unreachable', retryable: true });
      await assert.rejects(openStore(place), { code: 'store-unreachable' });
    } finally {
      await postgres.start();
    }
    assert.equal((await listStoredRuns(store)).length, 1);
  });

  it('waits no longer than it may for a server that has fallen silent, goes on with another connection, and closes', async () => {
    const place = postgres.makeDatabase();
    const store = await openStore(place, { busyMs: 100 });
    const pids = postgres
      .execute(`select pid from pg_stat_activity where datname = '${place.at.database}'`)
      .split('\n')
      .map(Number);
    assert.ok(pids.length > 0);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      const silent = pids.map(() =>
        assert.rejects(listStoredRuns(store), { code: 'store-unreachable', retryable: true }),
      );
      // While those wait, others are answered by connections that are made now.
      assert.deepEqual(await listStoredRuns(store), []);
      await Promise.all(silent);
      assert.deepEqual(await listStoredRuns(store), []);
      await store.close();
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  });

  it('lets no process that was stopped keep others out for ever', async () => {
    await using store = await openStore(postgres.makeDatabase(), { busyMs: 1_234 });
    const setting = async (name: string): Promise<string | undefined> =>
      (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(store.db)).rows[0]?.value;
    assert.equal(await setting('idle_in_transaction_session_timeout'), '5s');
    assert.equal(await setting('lock_timeout'), '1234ms');
  });

  it('refuses a database that a newer Tearless wrote', async () => {
    const place = postgres.makeDatabase();
    {
      await using store = await openStore(place);
      await sql`insert into kysely_migration values ('9999-future', '2030-01-01T00:00:00Z')`.execute(store.db);
    }
    await assert.rejects(openStore(place), { code: 'store-newer', kind: 'refused' });
  });

  it('says what a user lacks who may not make tables', async () => {
    const { at } = postgres.makeDatabase();
    postgres.execute('create role guest login', at.database);
    const place: StorePlace = { kind: 'postgres', at: { ...at, user: 'guest' } };
    await assert.rejects(openStore(place), { code: 'store-read-only', kind: 'denied' });
  });
});

describe('TLS', () => {
  const open = async (host: string, query: string): Promise<boolean> => {
    const { at } = postgres.makeDatabase();
    const url = `postgresql://tearless@${host}:${postgres.port}/${at.database}?${query}`;
    await using store = await openStore(
      { kind: 'postgres', at: parsePostgresUrl(url) },
      { env: { PGPASSWORD: postgres.password } },
    );
    const { rows } = await sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(
      store.db,
    );
    return rows[0]?.ssl === true;
  };
  const untrusted = { code: 'store-tls', kind: 'denied' };

  it('is spoken with whoever answers when it is only required', async () =>
    assert.equal(await open('127.0.0.1', 'sslmode=require'), true));

  it('is spoken with no one whose certificate nobody trusted has signed', () =>
    assert.rejects(open('localhost', 'sslmode=verify-full'), untrusted));

  it('is spoken with one whose certificate is trusted and fits the name, or fits no name where that is allowed', async () => {
    const trust = `sslrootcert=${encodeURIComponent(postgres.certificate ?? '')}`;
    assert.equal(await open('localhost', `sslmode=verify-full&${trust}`), true);
    await assert.rejects(open('127.0.0.1', `sslmode=verify-full&${trust}`), untrusted);
    assert.equal(await open('127.0.0.1', `sslmode=verify-ca&${trust}`), true);
  });
});
