// Whom a connection goes to, as whom, and with which password: address, service, environment, password file.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { resolvePostgres } from './connection.ts';
import { findPassword } from './password-file.ts';
import { findService } from './service-file.ts';
import { parsePostgresUrl } from './url.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tearless-store-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('a password file', () => {
  const whom = { host: 'db', port: 5432, database: 'state', user: 'me' };
  for (const [title, text, expected] of [
    [
      'gives the password of the first line that fits',
      '# theirs\nother:*:*:*:no\ndb:5432:state:me:first\n*:*:*:*:any\n',
      'first',
    ],
    ['takes a star for everything', '*:*:*:me:any', 'any'],
    ['takes escaped colons and backslashes', String.raw`db:5432:state:me:a\:b\\c`, String.raw`a:b\c`],
    ['lets a password hold colons', 'db:5432:state:me:a:b', 'a:b'],
    ['has none for others', 'db:5433:state:me:no\ndb:5432:state:you:no\n:::\n', undefined],
  ] as const)
    it(title, () => assert.equal(findPassword(text, whom), expected));

  it('calls a unix socket localhost', () =>
    assert.equal(findPassword('localhost:*:*:*:x', { ...whom, host: '/run/postgresql' }), 'x'));
});

describe('a service file', () => {
  it('gives the values of one section', () => {
    const text = '# all\n[other]\nhost=no\n[state]\n host = db \nport=5433\n\n[later]\nhost=no\n';
    assert.deepEqual(
      [...(findService(text, 'state') ?? [])],
      [
        ['host', 'db'],
        ['port', '5433'],
      ],
    );
    assert.equal(findService(text, 'none'), undefined);
  });
});

describe('a connection', () => {
  it('takes what its address leaves open from the service, then the environment, then the defaults', () => {
    const services = join(home, 'services');
    writeFileSync(services, '[state]\nhost=of-service\nuser=of-service\nsslmode=require\n');
    const env = { HOME: home, PGSERVICEFILE: services, PGHOST: 'of-env', PGPORT: '5433', PGDATABASE: 'of-env' };
    const { password, ...resolved } = resolvePostgres(parsePostgresUrl('postgresql://of-url@?service=state'), env);
    assert.equal(password, undefined);
    assert.deepEqual(resolved, {
      host: 'of-service',
      port: 5433,
      database: 'of-env',
      user: 'of-url',
      sslMode: 'require',
      sslRootCert: undefined,
      shown: 'postgresql://of-url@of-service:5433/of-env',
    });
    const plain = resolvePostgres({}, { HOME: home });
    const { username } = userInfo();
    assert.deepEqual(
      [plain.host, plain.port, plain.user, plain.database],
      ['/var/run/postgresql', 5432, username, username],
    );
  });

  it('to another machine asks for its certificate unless told otherwise; on this machine it does not', () => {
    const modeOf = (url: string, env = {}) => resolvePostgres(parsePostgresUrl(url), { HOME: home, ...env }).sslMode;
    assert.equal(modeOf('postgresql://db.example/x'), 'verify-full');
    assert.equal(modeOf('postgresql://db.example/x', { PGSSLMODE: 'disable' }), 'disable');
    assert.equal(modeOf('postgresql://127.0.0.1/x'), 'disable');
    assert.equal(modeOf('postgresql:///x'), 'disable');
    assert.throws(() => modeOf('postgresql://db.example/x', { PGSSLMODE: 'prefer' }), { code: 'store-place' });
  });

  it('takes its password from the address, the environment, or a file that is ours alone', () => {
    const file = join(home, '.pgpass');
    writeFileSync(file, 'db:*:*:me:of file', { mode: 0o600 });
    const of = (url: string, env = {}) =>
      resolvePostgres(parsePostgresUrl(url), { HOME: home, ...env }).password?.reveal();
    assert.equal(of('postgresql://me:of-url@db/x', { PGPASSWORD: 'of env' }), 'of-url');
    assert.equal(of('postgresql://me@db/x', { PGPASSWORD: 'of env' }), 'of env');
    assert.equal(of('postgresql://me@db/x'), 'of file');
    assert.equal(of('postgresql://you@db/x'), undefined);
    const shared = join(home, 'shared');
    writeFileSync(shared, '*:*:*:*:x', { mode: 0o640 });
    assert.throws(() => of('postgresql://me@db/x', { PGPASSFILE: shared }), {
      code: 'store-password-file',
      subject: shared,
    });
  });
});
