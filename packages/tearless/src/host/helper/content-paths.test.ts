// Which files the helper goes to at all, tried on its own text in a directory that stands in for `/`.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FileAttributes } from '../host.ts';
import type { RemoteHost } from '../remote-host.ts';
import { HelperStage, refused } from '../testing/helper-stage.ts';

let stage: HelperStage;
let host: RemoteHost;
let plain: FileAttributes;
before(async () => {
  stage = await HelperStage.set();
  ({ host, plain } = stage);
});
after(() => stage[Symbol.asyncDispose]());
const at = (path: string): string => stage.at(path);

describe('the way to a file', () => {
  test('keys, cookies and their directories are never read, listed with content, written or removed', async () => {
    await mkdir(at('/etc/tor/keys'), { recursive: true });
    for (const path of [
      '/etc/tor/keys/ed25519_master_id_secret_key',
      '/etc/tor/hs_ed25519_secret_key',
      '/etc/tor/control.authcookie',
      '/etc/tor/secret_id_key',
    ]) {
      await writeFile(at(path), 'secret');
      await refused(host.read(path), 'host-path-refused', path);
      await refused(host.stat(path), 'host-path-refused', path);
      await refused(host.remove(path), 'host-path-refused', path);
      await refused(host.write(path, 'x', plain), 'host-path-refused', path);
    }
    await refused(host.list('/etc/tor/keys'), 'host-path-refused', 'keys');
    const entries = (await host.list('/etc/tor')).filter(({ path }) => !path.endsWith('instances'));
    assert.deepEqual(entries.map(({ type, path }) => `${type} ${path}`).sort(), [
      'other /etc/tor/control.authcookie',
      'other /etc/tor/hs_ed25519_secret_key',
      'other /etc/tor/keys',
      'other /etc/tor/secret_id_key',
    ]);
    for (const { path } of entries) await rm(at(path), { recursive: true });
  });

  test('a link on the way, or in the file’s place, is not followed', async () => {
    const elsewhere = at('/var/elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'torrc'), 'Nickname x\n');
    await symlink(elsewhere, at('/etc/tor/linked'));
    await symlink(join(elsewhere, 'torrc'), at('/etc/tor/link'));
    for (const path of ['/etc/tor/linked/torrc', '/etc/tor/link']) {
      await refused(host.write(path, 'Nickname y\n', plain), 'host-path-refused', path);
      await refused(host.remove(path), 'host-path-refused', path);
    }
    await refused(host.read('/etc/tor/linked/torrc'), 'host-path-refused', 'read');
    await refused(host.read('/etc/tor/link'), 'host-not-found', 'read');
    assert.equal(await readFile(join(elsewhere, 'torrc'), 'utf8'), 'Nickname x\n');
    await rm(at('/etc/tor/linked'));
    await rm(at('/etc/tor/link'));
  });

  test('a directory that others can change is not trusted', async () => {
    await mkdir(at('/etc/tor/open'));
    await chmod(at('/etc/tor/open'), 0o777);
    await refused(host.write('/etc/tor/open/torrc', 'Nickname x\n', plain), 'host-path-refused', 'open');
    await rm(at('/etc/tor/open'), { recursive: true });
  });

  const outside = [
    '/etc/systemd/system/ssh.service.d/x.conf',
    '/etc/systemd/system/tor@a.service.d/x.service',
    '/etc/systemd/system/tor@a.service.d/sub/x.conf',
    '/etc/systemd/system/tor@a/b.service.d/x.conf',
    '/etc/systemd/system/tor@a.service.d/.x.conf',
    '/etc/systemd/system/tor@a.service',
    '/etc/systemd/system/tearless-x.path',
    '/etc/systemd/system/tearless-/x.service',
    '/usr/local/lib/tearless/helper',
    '/usr/local/lib/tearless/libx.so',
    '/usr/lib/libx.so',
    '/usr/share/tor/tor-service-defaults-torrc',
    '/var/lib/tearless/lock',
    '/var/lib/tearless/owned.json',
    '/var/lib/tearless/runs/r/journal.ndjson',
    '/var/lib/tor-instances/a/torrc',
    '/etc/sudoers.d/x',
  ];
  for (const path of outside)
    test(`${path} is not written or removed`, async () => {
      await refused(host.write(path, '', plain), 'host-path-refused', 'write');
      await refused(host.remove(path), 'host-path-refused', 'remove');
    });

  test('what a run keeps is for root alone', async () => {
    const path = '/var/lib/tearless/runs/r1/notes';
    await refused(host.write(path, 'x', plain), 'host-path-refused', 'mode');
    await host.write(path, 'x', { ...plain, mode: 0o600 });
    assert.equal((await host.stat('/var/lib/tearless'))?.mode, 0o700);
    await host.remove(path);
  });
});
