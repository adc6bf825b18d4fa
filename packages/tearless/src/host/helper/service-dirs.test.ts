// Directories of onion services, by the helper's own text in a directory that stands in for `/`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeSecretKeyFile, encodePublicKeyFile } from '@tearless/tor/onion/key-files.ts';
import { publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { HostError } from '../host-error.ts';
import { LocalTransport } from '../local/local-transport.ts';
import { RemoteHost } from '../remote-host.ts';
import { type OwnPlace, ownPlace } from '../testing/own-place.ts';
import { renderHelper } from './render-helper.ts';

const hasTor = spawnSync('tor', ['--version']).error === undefined;
const frontend = `${'a'.repeat(56)}.onion`;
const torrc = '/etc/tor/instances/a/torrc';
const data = '/var/lib/tor-instances/a';
let place: OwnPlace;
let host: RemoteHost;

const at = (path: string): string => join(place.root, path);
const call = async (verb: string, args: readonly string[], input = ''): Promise<string> =>
  Buffer.from((await host.call(verb, { args, input })).stdout).toString();
const refused = (action: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(action, (error) => error instanceof HostError && error.code === code);
const secretOf = (name: string): Promise<Buffer> => readFile(at(`${data}/${name}/hs_ed25519_secret_key`));
/** As tor does when it loads the key. */
const publish = async (name: string): Promise<string> => {
  const publicKey = publicKeyOf(decodeSecretKeyFile(new Uint8Array(await secretOf(name))));
  await writeFile(at(`${data}/${name}/hs_ed25519_public_key`), encodePublicKeyFile(publicKey));
  return Buffer.from(publicKey).toString('hex');
};

before(async () => {
  place = await ownPlace();
  await mkdir(at('/etc/tor/instances/a'), { recursive: true });
  await chmod(at('/etc/tor/instances'), 0o755);
  await mkdir(at(data), { recursive: true, mode: 0o700 });
  host = new RemoteHost({
    transport: new LocalTransport('here'),
    helper: renderHelper({ factsScript: ':', place }),
    carryHelper: true,
  });
});
after(async () => {
  await host.close();
  await place[Symbol.asyncDispose]();
});

test('a directory is made with a key of its own that tor can load, and made once', async () => {
  assert.equal(await call('service-make', ['a', 'shop-w1']), 'shop-w1 made key - 0 -\n');
  assert.equal((await stat(at(`${data}/shop-w1`))).mode & 0o777, 0o700);
  assert.equal((await stat(at(`${data}/shop-w1/hs_ed25519_secret_key`))).mode & 0o777, 0o600);
  const made = await secretOf('shop-w1');
  assert.equal(publicKeyOf(decodeSecretKeyFile(new Uint8Array(made))).length, 32);
  await call('service-make', ['a', 'shop-w1']);
  assert.deepEqual(await secretOf('shop-w1'), made);
  await call('service-make', ['a', 'shop-w2']);
  assert.notDeepEqual(await secretOf('shop-w2'), made);
});

test('what is there is told with its public key, and nothing of the private one', async () => {
  const publicKey = await publish('shop-w1');
  const said = await call('service-show', ['a']);
  assert.equal(said, `shop-w1 made key ${publicKey} 0 -\nshop-w2 made key - 0 -\n`);
  assert.equal(await call('service-show', ['elsewhere']), '');
  await refused(host.read(`${data}/shop-w1/hs_ed25519_secret_key`), 'host-path-refused');
});

test('ob_config takes addresses and comments, and nothing else', async () => {
  const text = `# of shop\nMasterOnionAddress ${frontend}\n`;
  const said = await call('service-configure', ['a', 'shop-w1', '600'], text);
  assert.match(said, new RegExp(`^shop-w1 made key [0-9a-f]{64} 600 =${Buffer.from(text).toString('hex')}\n$`));
  assert.equal(await readFile(at(`${data}/shop-w1/ob_config`), 'utf8'), text);
  await refused(call('service-configure', ['a', 'shop-w1', '600'], 'HiddenServicePort 22\n'), 'host-content-refused');
  await refused(call('service-configure', ['a', 'shop-w1', '666'], text), 'host-request-bad');
  await refused(call('service-configure', ['a', '../x', '600'], text), 'host-request-bad');
  assert.equal(await readFile(at(`${data}/shop-w1/ob_config`), 'utf8'), text);
  await call('service-configure', ['a', 'shop-w1', '600']);
  assert.equal(await call('service-configure', ['a', 'shop-w2', '600']), 'shop-w2 made key - 0 -\n');
});

test('links that tor’s user put in the way are not followed', async () => {
  await mkdir(at(`${data}/trap`), { mode: 0o700 });
  await writeFile(at('/etc/tor/outside'), 'as it was\n');
  await symlink(at('/etc/tor/outside'), at(`${data}/trap/ob_config`));
  await refused(
    call('service-configure', ['a', 'trap', '600'], `MasterOnionAddress ${frontend}\n`),
    'host-path-refused',
  );
  assert.equal(await readFile(at('/etc/tor/outside'), 'utf8'), 'as it was\n');
  assert.match(await call('service-show', ['a']), /^trap - - - \d+ \?$/m);
  await symlink(at('/etc/tor'), at(`${data}/linked`));
  await refused(call('service-make', ['a', 'linked']), 'host-state-changed');
});

test('only what was made here is taken out of the way, its key stays, and it comes back by that key', async () => {
  await mkdir(at(`${data}/foreign`), { mode: 0o700 });
  await writeFile(at(`${data}/foreign/hs_ed25519_secret_key`), 'of somebody else');
  await refused(call('service-keep', ['a', 'foreign', 'run-1']), 'host-path-refused');
  const made = await secretOf('shop-w1');
  const publicKey = await publish('shop-w1');
  await call('service-keep', ['a', 'shop-w1', 'run-1']);
  await call('service-keep', ['a', 'shop-w1', 'run-1']);
  assert.deepEqual(await secretOf('shop-w1.kept-run-1'), made);
  assert.ok(!(await readdir(at(data))).includes('shop-w1'));
  await refused(call('service-restore', ['a', 'shop-w1', 'ab'.repeat(32)]), 'host-not-found');
  await call('service-restore', ['a', 'shop-w1', publicKey]);
  assert.deepEqual(await secretOf('shop-w1'), made);
  await call('service-keep', ['a', 'shop-w1', 'run-2']);
});

test('a torrc may gain and lose services below the data directory of its own instance alone', async () => {
  const plain = { mode: 0o644, owner: place.owner, group: place.group };
  const service = (directory: string): string =>
    `SocksPort 0\nHiddenServiceDir ${directory}\nHiddenServicePort 80 127.0.0.1:8080\n`;
  for (const directory of [`${data}/shop`, `${data}/shop/`]) {
    await host.write(torrc, service(directory), plain);
    await host.write(torrc, 'SocksPort 0\n', plain);
  }
  const wrong = [
    '/etc/shop',
    '/var/lib/tor/shop',
    `${data}/keys`,
    `${data}/a/b`,
    `${data}/../x`,
    data,
    `"${data}/shop"`,
    `${data}/shop \\`,
    `${data}/shop #x`,
  ];
  for (const directory of wrong) await refused(host.write(torrc, service(directory), plain), 'host-content-refused');
  await host.write('/etc/tor/torrc', service('/var/lib/tor/shop'), plain);
  await refused(host.write('/etc/tor/instances/torrc', service(`${data}/shop`), plain), 'host-content-refused');
});

test('tor judges a text before it stands in the torrc', { skip: hasTor ? false : 'tor is not installed' }, async () => {
  const judge = async (text: string): Promise<string | undefined> =>
    (await call('torrc-check', ['a'], text)).trimEnd().split('\n').at(-1);
  assert.equal(
    await judge(`SocksPort 0\nDataDirectory ${at(data)}\n`).catch(({ code }) => code),
    'host-content-refused',
  );
  assert.equal(await judge('SocksPort 0\n'), '0');
  assert.equal(await judge('SocksPort nonsense\n'), '1');
});
