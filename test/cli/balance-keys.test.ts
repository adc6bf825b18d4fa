// Keys and clients of balanced services by the command line: what is written, what is shown, and what is refused. No tor.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parsePresigned } from '../../packages/tearless/src/balance/keys/presigned-file.ts';
import { type CliRun, runIn } from './harness.ts';

const worker = '25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion';
const clientKey = '2HFCTHULR55EX67ZXR7UZWPF2GIXSWDVAHJ6QHBYUMRK5EKQ6QFA';
const dayMs = 86_400_000;

describe('keys of balanced services', () => {
  let directory = '';
  const path = (name: string): string => join(directory, name);
  const modeOf = async (name: string): Promise<number> => (await stat(path(name))).mode & 0o777;
  const balance = (...words: string[]): Promise<CliRun> => runIn(directory, ['balance', ...words]);
  const json = async (...words: string[]) => {
    const run = await balance(...words, '--json');
    assert.equal(run.exitCode, 0, run.stdout + run.stderr);
    return JSON.parse(run.stdout);
  };
  const writeKey = (name: string): Promise<void> => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    return writeFile(path(name), pem, { mode: 0o600 });
  };
  const declare = (lines: string, host = '{}'): Promise<void> =>
    writeFile(
      path('tearless.yaml'),
      `version: 1\nfleet: demo\nhosts: { h1: ${host} }\nrelays: []\nonions:\n  shop:\n${lines}    ports: [80]\n    workers:\n      w1: { address: ${worker} }\n      w2: { host: h1 }\n`,
    );
  const presign = (...words: string[]): Promise<CliRun> =>
    balance('keys', 'presign', '--key', 'shop.key', '--out', 'shop.presigned', ...words);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tearless-keys-'));
    await writeKey('shop.key');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  describe('made ahead', () => {
    it('lie in a file for its owner alone, and last for the days asked for', async () => {
      const run = await presign('--days', '3', '--yes', '--json');
      assert.equal(run.exitCode, 0, run.stderr);
      const { address, untilMs, periods } = JSON.parse(run.stdout);
      assert.equal(await modeOf('shop.presigned'), 0o600);
      const made = parsePresigned(await readFile(path('shop.presigned'), 'utf8'), 'shop.presigned');
      assert.equal(made.address, address);
      assert.equal(made.periods.length, periods);
      assert.ok(untilMs >= Date.now() + 3 * dayMs && untilMs < Date.now() + 5 * dayMs);
      assert.match(run.stderr, /cannot be called back/);
      assert.ok(!run.stdout.includes('signingSeed') && !run.stderr.includes('signingSeed'));
    });

    it('are written only when somebody agrees', async () => {
      const refused = await presign('--days', '3');
      assert.equal(refused.exitCode, 5);
      assert.equal(refused.files['shop.presigned'], undefined);
      const words = ['balance', 'keys', 'presign', '--key', 'shop.key', '--out', 'shop.presigned', '--days', '1'];
      assert.equal((await runIn(directory, words, {}, 'n\n')).files['shop.presigned'], undefined);
      assert.notEqual((await runIn(directory, words, {}, 'y\n')).files['shop.presigned'], undefined);
    });

    it('take the place of older ones of the address, and of nothing else', async () => {
      assert.equal((await presign('--days', '1', '--yes')).exitCode, 0);
      assert.equal((await presign('--days', '2', '--yes')).exitCode, 0);
      const key = await readFile(path('shop.key'));
      const over = await balance('keys', 'presign', '--key', 'shop.key', '--out', 'shop.key', '--days', '1', '--yes');
      assert.equal(over.exitCode, 5);
      assert.deepEqual(await readFile(path('shop.key')), key);
      await writeKey('other.key');
      const other = ['keys', 'presign', '--key', 'other.key', '--out', 'shop.presigned', '--days', '1', '--yes'];
      assert.equal((await balance(...other)).exitCode, 5);
    });

    it('cannot be made from keys made ahead, for no days, or for a network that is not named', async () => {
      await presign('--days', '1', '--yes');
      const again = ['keys', 'presign', '--key', 'shop.presigned', '--out', 'again.presigned', '--days', '1', '--yes'];
      assert.match((await balance(...again)).stderr, /no more can be made from them/);
      for (const days of ['0', '367', '1.5', 'x']) assert.equal((await presign('--days', days, '--yes')).exitCode, 64);
      assert.equal((await presign('--days', '1', '--yes', '--test-network')).exitCode, 64);
      await writeFile(path('consensus'), 'nothing');
      assert.match((await presign('--days', '1', '--yes', '--consensus', 'consensus')).stderr, /is no consensus/);
    });

    it('are not used by a balancer when others may read them', async () => {
      await presign('--days', '1', '--yes');
      await declare('    presigned: shop.presigned\n');
      await chmod(path('shop.presigned'), 0o644);
      await writeFile(path('config.yaml'), `services:\n- key: shop.presigned\n  instances:\n  - address: ${worker}\n`);
      const run = await balance('run', '--config', 'config.yaml');
      assert.equal(run.exitCode, 64);
      assert.match(run.stderr, /balance-key-open/);
    });
  });

  describe('shown', () => {
    it('with their modes and until when, and what is wrong with each', async () => {
      await presign('--days', '30', '--yes');
      await chmod(path('shop.key'), 0o640);
      await declare('    key: shop.key\n    presigned: shop.presigned\n');
      const { places, services } = await json('keys', 'show', '--here');
      assert.match(services[0].address, /\.onion$/);
      const [identity, presigned, w1, w2] = places;
      assert.deepEqual([identity.kind, identity.mode, identity.untilMs], ['identity', '0640', null]);
      assert.match(identity.problems.join(), /its group may use it.*it lies beside keys made ahead/);
      assert.deepEqual([presigned.kind, presigned.mode, presigned.problems], ['presigned', '0600', []]);
      assert.ok(presigned.untilMs > Date.now() + 30 * dayMs);
      assert.deepEqual([w1.where, w2.where], [`with ${worker}`, 'h1: default/shop-w2']);
    });

    it('with the state and the keys to hosts, once there are any', async () => {
      await declare('    key: shop.key\n');
      const kinds = async () => (await json('keys', 'show', '--here')).places.map(({ kind }: { kind: string }) => kind);
      assert.deepEqual(await kinds(), ['identity', 'worker', 'worker']);
      await balance('status');
      assert.deepEqual(await kinds(), ['identity', 'worker', 'worker', 'state']);
      assert.equal((await balance('helper', 'key')).exitCode, 0);
      assert.deepEqual(await kinds(), ['identity', 'worker', 'worker', 'login', 'state']);
    });

    it('also when a host does not answer, which is said of each key that lies there', async () => {
      await declare('    key: shop.key\n', '{ address: 127.0.0.1, port: 1 }');
      const run = await balance('keys', 'show', '--json');
      assert.equal(run.exitCode, 4, run.stderr);
      const { places, unreachable } = JSON.parse(run.stdout);
      assert.deepEqual([unreachable[0].host, unreachable[0].kind], ['h1', 'unreachable']);
      assert.deepEqual(places[2].problems, ['h1 could not tell']);
      assert.deepEqual([places[0].problems, places[1].problems], [[], []]);
    });

    it('as near their end, or missing', async () => {
      await presign('--days', '2', '--yes');
      await declare('    key: gone.key\n    presigned: shop.presigned\n');
      const { places } = await json('keys', 'show', '--here');
      assert.deepEqual(places[0].problems, ['it is not there']);
      assert.match(places[1].problems.join(), /they end at .*make new ones/);
    });

    it('as no keys, where something else stands in the file', async () => {
      await writeFile(path('shop.presigned'), '{"schema": "secret words"}', { mode: 0o600 });
      await declare('    key: shop.key\n    presigned: shop.presigned\n');
      const { places } = await json('keys', 'show', '--here');
      assert.match(places[1].problems.join(), /no file of keys made ahead: schema/);
      assert.doesNotMatch(JSON.stringify(places), /secret words/);
    });

    it('without anything secret', async () => {
      await presign('--days', '1', '--yes');
      await declare('    key: shop.key\n    presigned: shop.presigned\n');
      const { stdout } = await balance('keys', 'show', '--here');
      const { periods } = JSON.parse(await readFile(path('shop.presigned'), 'utf8'));
      for (const secret of [periods[0].signingSeed, periods[0].counterKey]) assert.ok(!stdout.includes(secret));
      assert.doesNotMatch(stdout, /PRIVATE KEY/);
    });
  });

  describe('of clients', () => {
    beforeEach(() => declare('    key: shop.key # offline soon\n'));

    it('are made: the first one restricts the service, and the secret is handed out once', async () => {
      const open = await balance('clients', 'ls', 'shop');
      assert.match(open.stdout, /everyone who knows the address/);
      const added = await balance('clients', 'add', 'ann', 'shop', '--out', 'ann.auth_private', '--yes');
      assert.equal(added.exitCode, 0, added.stderr);
      assert.equal(await modeOf('ann.auth_private'), 0o600);
      assert.match(added.files['ann.auth_private'] ?? '', /^[a-z2-7]{56}:descriptor:x25519:[A-Z2-7]{52}\n$/);
      assert.match(added.files['clients/shop/ann.auth'] ?? '', /^descriptor:x25519:[A-Z2-7]{52}\n$/);
      const secret = added.files['ann.auth_private']?.trim().split(':').at(-1) ?? '';
      assert.ok(!`${added.stdout}${added.stderr}${added.files['clients/shop/ann.auth']}`.includes(secret));
      assert.match(
        added.files['tearless.yaml'] ?? '',
        /key: shop\.key # offline soon\n(.*\n)*.*clients: clients\/shop\n/,
      );
      const shown = await balance('clients', 'add', 'bob', 'shop', '--yes');
      assert.match(shown.stdout, /^[a-z2-7]{56}:descriptor:x25519:[A-Z2-7]{52}\n$/);
      assert.deepEqual(
        (await json('clients', 'ls', 'shop')).clients.map(({ name }: { name: string }) => name),
        ['ann', 'bob'],
      );
    });

    it('are not shown, and nothing is changed, before somebody agrees', async () => {
      const run = await balance('clients', 'add', 'ann', 'shop');
      assert.equal(run.exitCode, 5);
      assert.equal(run.stdout, '');
      assert.equal(run.files['clients/shop/ann.auth'], undefined);
      assert.doesNotMatch(run.files['tearless.yaml'] ?? '', /clients/);
    });

    it('may be the client’s own; no name and no key stands twice', async () => {
      await balance('clients', 'add', 'ann', 'shop', '--public-key', clientKey, '--yes');
      const same = await balance('clients', 'add', 'bob', 'shop', '--public-key', `descriptor:x25519:${clientKey}`);
      assert.equal(same.exitCode, 5);
      assert.match(same.stderr, /has the client ann already, with this key/);
      assert.equal((await balance('clients', 'add', 'ann', 'shop', '--yes')).exitCode, 5);
      assert.equal((await balance('clients', 'add', '../ann', 'shop', '--yes')).exitCode, 64);
      assert.equal((await balance('clients', 'add', 'carl', 'shop', '--public-key', 'AAAA', '--yes')).exitCode, 64);
    });

    it('leave a service restricted when the last one is revoked', async () => {
      await balance('clients', 'add', 'ann', 'shop', '--public-key', clientKey, '--yes');
      assert.equal((await balance('clients', 'revoke', 'anne', 'shop', '--yes')).exitCode, 64);
      const revoked = await balance('clients', 'revoke', 'ann', 'shop', '--yes');
      assert.equal(revoked.exitCode, 0, revoked.stderr);
      assert.match(revoked.stderr, /until the workers replace them/);
      assert.equal(revoked.files['clients/shop/ann.auth'], undefined);
      const { isRestricted, clients } = await json('clients', 'ls', 'shop');
      assert.deepEqual([isRestricted, clients], [true, []]);
    });

    it('are asked for of services that there are, in tearless.yaml', async () => {
      const unknown = await balance('clients', 'ls', 'shot');
      assert.equal(unknown.exitCode, 64);
      assert.match(unknown.stderr, /did you mean 'shop'/);
      await writeFile(path('config.yaml'), `services:\n- key: shop.key\n  instances:\n  - address: ${worker}\n`);
      const foreign = await balance('clients', 'ls', 'shop.key', '--config', 'config.yaml');
      assert.equal(foreign.exitCode, 5);
      assert.match(foreign.stderr, /configuration of Onionbalance/);
    });
  });
});
