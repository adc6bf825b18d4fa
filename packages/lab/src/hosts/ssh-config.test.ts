import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { run } from '../base/run.ts';
import { escapeOverlayPath } from './disk.ts';
import { renderConnect, renderKnownHosts, renderSshConfig } from './ssh-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab ssh-'));
after(() => rmSync(folder, { recursive: true }));

const hosts = [
  { name: 'alpha', address: '10.77.1.10', hostKey: 'ssh-ed25519 AAAA' },
  { name: 'beta', address: '10.77.1.11', hostKey: 'ssh-ed25519 BBBB' },
];
const paths = { identity: join(folder, 'id'), knownHosts: join(folder, 'known'), connect: join(folder, 'connect') };

test('OpenSSH understands the configuration as it is meant, in a folder with a space too', async () => {
  const config = join(folder, 'config');
  writeFileSync(config, renderSshConfig(hosts, paths));
  const settings = (await run(['ssh', '-G', '-F', config, 'beta'])).split('\n');
  for (const expected of [
    'hostname 10.77.1.11',
    'user operator',
    'stricthostkeychecking true',
    'identitiesonly yes',
    'proxyusefdpass yes',
    `userknownhostsfile ${paths.knownHosts}`,
    `identityfile ${paths.identity}`,
    `proxycommand sh "${paths.connect}" %h %p`,
  ]) {
    assert.ok(settings.includes(expected), `${expected} is missing in\n${settings.join('\n')}`);
  }
  const asRoot = (await run(['ssh', '-G', '-F', config, 'root@alpha'])).split('\n');
  assert.ok(asRoot.includes('user root') && asRoot.includes('hostname 10.77.1.10'));
});

test('each host key is pinned to its name and its address', async () => {
  assert.equal(renderKnownHosts(hosts), 'alpha,10.77.1.10 ssh-ed25519 AAAA\nbeta,10.77.1.11 ssh-ed25519 BBBB\n');
});

test('the connecting script is one that sh accepts', async () => {
  await run(['sh', '-n'], { input: renderConnect('lab') });
});

test('a path is passed to overlayfs with its separators escaped', () => {
  assert.equal(escapeOverlayPath('/a:b,c\\d'), '/a\\:b\\,c\\\\d');
});
