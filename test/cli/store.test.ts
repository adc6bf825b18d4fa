// Where a command keeps its state, and what it says when it cannot: on files, and on a PostgreSQL server of the test's own.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startPostgres, type TestPostgres } from '../../packages/tearless/src/store/testing/postgres.ts';
import { runIn } from './harness.ts';

const config = 'version: 1\nfleet: demo\nhosts: { h1: {} }\nrelays: [h1/a]\n';
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tearless-cli-store-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('the state’s place', () => {
  it('is a file below the home folder when nothing is said', async () => {
    assert.equal((await runIn(home, ['run', 'ls'])).exitCode, 0);
    assert.ok(existsSync(join(home, '.local/state/tearless/state.db')));
  });

  it('is what --store names, else TEARLESS_STORE, else state: of the configuration, relative to it', async () => {
    await mkdir(join(home, 'fleet'));
    await writeFile(join(home, 'fleet', 'tearless.yaml'), `${config}state: by-config.db\n`);
    const words = ['run', 'ls', '--config', 'fleet/tearless.yaml'];
    const env = { TEARLESS_STORE: 'by-environment.db' };
    assert.equal((await runIn(home, [...words, '--store', 'by-option.db'], env)).exitCode, 0);
    assert.ok(existsSync(join(home, 'by-option.db')) && !existsSync(join(home, 'by-environment.db')));
    assert.equal((await runIn(home, words, env)).exitCode, 0);
    assert.ok(existsSync(join(home, 'by-environment.db')) && !existsSync(join(home, 'fleet', 'by-config.db')));
    assert.equal((await runIn(home, words)).exitCode, 0);
    assert.ok(existsSync(join(home, 'fleet', 'by-config.db')));
    assert.ok(!existsSync(join(home, '.local')));
  });

  it('is found in a configuration with mistakes elsewhere: an undo must not wait for them to be mended', async () => {
    await writeFile(join(home, 'tearless.yaml'), `state: mine.db\nfleeet: demo\nrelays: [a, b\n`);
    assert.equal((await runIn(home, ['run', 'ls'])).exitCode, 0);
    assert.ok(existsSync(join(home, 'mine.db')));
  });

  it('holds no password where others can read it, and the refusal does not repeat it', async () => {
    const url = 'postgresql://me:hunter2@127.0.0.1/x';
    const byOption = await runIn(home, ['run', 'ls', '--store', url]);
    assert.equal(byOption.exitCode, 64);
    await writeFile(join(home, 'tearless.yaml'), `${config}state: ${url}\n`);
    const byConfig = await runIn(home, ['run', 'ls']);
    assert.notEqual(byConfig.exitCode, 0);
    for (const { stdout, stderr } of [byOption, byConfig]) {
      assert.match(stderr, /\.pgpass/);
      assert.doesNotMatch(stdout + stderr, /hunter2/);
    }
    await rm(join(home, 'tearless.yaml'));
    for (const wrong of ['postgresql://me:hunter2@h:port/x', 'postgresql://me:hunter2@h/x?sslmode=prefer']) {
      const { exitCode, stdout, stderr } = await runIn(home, ['run', 'ls', '--json'], { TEARLESS_STORE: wrong });
      assert.equal(exitCode, 64);
      assert.equal(JSON.parse(stdout).error.code, 'store-place');
      assert.doesNotMatch(stdout + stderr, /hunter2/);
    }
  });
});

describe('on PostgreSQL', () => {
  let postgres: TestPostgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.stop());

  it('commands keep their state there, by the password file, and doctor says where it is', async () => {
    const { at } = postgres.makeDatabase();
    const url = `postgresql://tearless@127.0.0.1:${postgres.port}/${at.database}`;
    await writeFile(join(home, '.pgpass'), `127.0.0.1:*:*:tearless:${postgres.password}\n`, { mode: 0o600 });
    const env = { TEARLESS_STORE: url, HOME: home };
    const listed = await runIn(home, ['run', 'ls', '--json'], env);
    assert.equal(listed.exitCode, 0, listed.stdout);
    assert.equal((await runIn(home, ['balance', 'status', '--store', url], { HOME: home })).exitCode, 0);
    assert.equal(postgres.execute('select count(*) from runs', at.database), '0');
    const doctor = await runIn(home, ['doctor', '--json'], env);
    assert.match(doctor.stdout, new RegExp(`${url}: 0 runs`));
    assert.ok(!existsSync(join(home, '.local/state/tearless/state.db')));

    await chmod(join(home, '.pgpass'), 0o644);
    const open = await runIn(home, ['run', 'ls'], env);
    assert.match(open.stderr, /can be read by others[\s\S]*chmod 0600/);
  });

  it('a wrong password, a missing database and a server that is away are told apart, with what to do', async () => {
    const base = `127.0.0.1:${postgres.port}`;
    const cases = [
      [`postgresql://tearless:hunter2@${base}/postgres`, 'store-denied', /\.pgpass/],
      [`postgresql://tearless@${base}/postgres`, 'store-denied', /\.pgpass/],
      [`postgresql://tearless@/nowhere?host=${postgres.folder}&port=${postgres.port}`, 'store-missing', /createdb/],
      ['postgresql://tearless:hunter2@127.0.0.1:1/x', 'store-unreachable', /pg_isready/],
      [`postgresql://tearless@/x?host=${home}`, 'store-unreachable', /pg_isready/],
      [`postgresql://tearless:hunter2@${base}/x?sslmode=verify-full`, 'store-tls', /sslmode=disable/],
      ['postgresql://?service=none', 'store-place', /section/],
    ] as const;
    for (const [url, code, hint] of cases) {
      const { exitCode, stdout } = await runIn(home, ['run', 'ls', '--json'], { TEARLESS_STORE: url, HOME: home });
      assert.notEqual(exitCode, 0);
      const { error } = JSON.parse(stdout);
      assert.equal(error.code, code, stdout);
      assert.match(error.hint, hint);
      assert.doesNotMatch(stdout, /hunter2/);
    }
  });
});
