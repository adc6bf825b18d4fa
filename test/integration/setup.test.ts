// scripts/setup.sh on a real machine with systemd: a host of the lab, with an archive of its own that holds two packages
// with services. What it must keep to: nothing runs, and nothing is enabled, that was not before.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { run } from '@tearless/lab/base/run.ts';
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { execOnHost, tryExecOnHost } from '@tearless/lab/hosts/exec.ts';
import { hostPaths, type LabHost } from '@tearless/lab/hosts/host-record.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';

const skip = hostsUnavailableReason() ?? false;
const repository = new URL('../..', import.meta.url).pathname;

// Debian's own way to start a service, which asks policy-rc.d; and a package that does not ask.
const polite =
  'deb-systemd-helper enable polite.service\nsystemctl daemon-reload\ndeb-systemd-invoke start polite.service\n';
const rude = 'systemctl daemon-reload\nsystemctl enable --now rude.service\n';
// On demand, setup is killed in the middle of an installation.
const killer = `if [ -e /root/kill-setup ]; then
  rm /root/kill-setup
  pkill -KILL -f scripts/packages/install.sh || :
fi
`;

const buildPackage = async (folder: string, name: string, depends: string, postinst: string): Promise<string> => {
  const root = join(folder, name);
  for (const part of ['DEBIAN', 'lib/systemd/system']) mkdirSync(join(root, part), { recursive: true });
  const control = `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.invalid>\n${depends}Description: test\n`;
  writeFileSync(join(root, 'DEBIAN/control'), control);
  writeFileSync(join(root, 'DEBIAN/postinst'), `#!/bin/sh\nset -e\n${postinst}`, { mode: 0o755 });
  writeFileSync(
    join(root, `lib/systemd/system/${name}.service`),
    '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n',
  );
  const file = join(folder, `${name}.deb`);
  await run(['dpkg-deb', '--root-owner-group', '--build', root, file]);
  const content = readFileSync(file);
  const hash = createHash('sha256').update(content).digest('hex');
  return `${control}Filename: ./${name}.deb\nSize: ${content.length}\nSHA256: ${hash}\n`;
};

describe('setting up a machine', { skip, timeout: 30 * 60_000 }, () => {
  const name = `setup-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'tearless-setup-'));
  const policy = '/usr/sbin/policy-rc.d';
  let host: LabHost;
  let root: string;

  const sh = (script: string) => tryExecOnHost(host, ['sh', '-s'], { input: script });
  const setUp = (...groups: string[]) => tryExecOnHost(host, ['sh', '/srv/checkout/scripts/setup.sh', ...groups]);
  const isClean = async () => {
    for (const unit of ['polite', 'rude']) {
      assert.equal((await sh(`systemctl is-active ${unit}`)).stdout, 'inactive\n', `${unit} does not run`);
      assert.equal((await sh(`systemctl is-enabled ${unit}`)).stdout, 'disabled\n', `${unit} is not enabled`);
    }
    const status = await execOnHost(host, ['dpkg-query', '--show', '--showformat=$' + '{Status}\n', 'polite', 'rude']);
    assert.equal(status, 'install ok installed\n'.repeat(2));
    assert.equal((await sh('ls -d /var/lib/tearless-setup')).stdout, '');
  };

  before(async () => {
    const lab = await claimLab(name);
    [host] = (await createHosts({ lab, hosts: [{ name: 'machine', suite: 'bookworm' }] })) as [LabHost];
    root = hostPaths(name, 'machine').root;
    const archive = join(root, 'srv/archive');
    const index = await Promise.all([
      buildPackage(folder, 'polite', 'Depends: rude\n', polite + killer),
      buildPackage(folder, 'rude', '', rude),
    ]);
    mkdirSync(archive);
    for (const file of readdirSync(folder)) if (file.endsWith('.deb')) cpSync(join(folder, file), join(archive, file));
    writeFileSync(join(archive, 'Packages'), index.join('\n'));
    writeFileSync(join(root, 'etc/apt/sources.list'), 'deb [trusted=yes] file:/srv/archive ./\n');

    const checkout = join(root, 'srv/checkout');
    mkdirSync(join(checkout, 'node_modules/.bin'), { recursive: true });
    cpSync(join(repository, 'scripts'), join(checkout, 'scripts'), { recursive: true });
    writeFileSync(join(checkout, 'scripts/packages/services.txt'), '# a comment\npolite\n\nprocps\n');
    writeFileSync(join(checkout, 'package-lock.json'), '{}');
    writeFileSync(join(checkout, 'node_modules/.tearless-setup'), '{}');
    writeFileSync(join(checkout, 'node_modules/.bin/node'), '', { mode: 0o755 });
  });

  after(async () => {
    rmSync(folder, { recursive: true });
    await dropLab(name);
  });

  beforeEach(async () => {
    await sh(`systemctl disable --now polite rude; dpkg --purge polite rude; rm -f ${policy}`);
  });

  test('installs what is missing, starts and enables nothing of it, and leaves no policy behind', async () => {
    const first = await setUp('services');
    assert.equal(first.code, 0, first.stderr);
    assert.equal(first.stdout, '');
    assert.match(first.stderr, /^setup: installing Debian packages: polite$/m);
    await isClean();
    assert.equal((await sh(`ls ${policy}`)).stdout, '');
    assert.equal(
      (await sh('systemctl is-active cron ssh; systemctl is-enabled cron ssh')).stdout,
      'active\nactive\nenabled\nenabled\n',
    );
  });

  test('says nothing when there is nothing to do', async () => {
    await setUp('services');
    assert.deepEqual(await setUp('services'), { code: 0, signal: null, stdout: '', stderr: '' });
    assert.deepEqual(await setUp(), { code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('leaves a policy that was there as it was, and still starts nothing', async () => {
    for (const rules of ['#!/bin/sh\nexit 0\n', '#!/bin/sh\nexit 101\n']) {
      await sh(`dpkg --purge polite rude; printf '%s' '${rules}' >${policy}; chmod 755 ${policy}`);
      const result = await setUp('services');
      assert.equal(result.code, 0, result.stderr);
      await isClean();
      assert.equal((await sh(`cat ${policy}; stat -c %a ${policy}`)).stdout, `${rules}755\n`);
    }
  });

  test('keeps a service running and enabled that was there before', async () => {
    await sh('dpkg --install /srv/archive/rude.deb');
    const result = await setUp('services');
    assert.equal(result.code, 0, result.stderr);
    assert.equal(
      (await sh('systemctl is-active rude polite; systemctl is-enabled rude polite')).stdout,
      'active\ninactive\nenabled\ndisabled\n',
    );
  });

  test('puts right at the next run what it left when it was killed', async () => {
    await sh('touch /root/kill-setup');
    const killed = await setUp('services');
    assert.notEqual(killed.code, 0);
    await sh('while pgrep -x apt-get; do sleep 0.05; done');
    assert.notEqual((await sh(`ls ${policy}`)).stdout, '');
    const next = await setUp('services');
    assert.equal(next.code, 0, next.stderr);
    await isClean();
    assert.equal((await sh(`ls ${policy}`)).stdout, '');
  });

  test('removes its policy when the installation fails', async () => {
    await sh('mv /srv/archive/polite.deb /srv/archive/away');
    const failed = await setUp('services');
    await sh('mv /srv/archive/away /srv/archive/polite.deb');
    assert.equal(failed.code, 1);
    assert.equal(failed.stdout, '');
    assert.match(failed.stderr, /^setup: failed: install polite$/m);
    assert.equal((await sh(`ls ${policy}`)).stdout, '');
    assert.equal((await setUp('services')).code, 0);
    await isClean();
  });

  test('without root names what is missing and changes nothing', async () => {
    const result = await tryExecOnHost(host, [
      'runuser',
      '-u',
      'operator',
      '--',
      'sh',
      '/srv/checkout/scripts/setup.sh',
      'services',
    ]);
    assert.equal(result.code, 1);
    assert.equal(result.stdout, '');
    assert.match(result.stderr, /^setup: missing Debian packages: polite$/m);
    assert.match(result.stderr, /apt-get install --no-install-recommends polite$/m);
    assert.notEqual((await sh('dpkg-query --show polite')).code, 0);
  });

  test('installs once when two run at the same time', async () => {
    const results = await Promise.all([setUp('services'), setUp('services')]);
    assert.deepEqual(
      results.map(({ code }) => code),
      [0, 0],
    );
    assert.equal(results.filter(({ stderr }) => stderr.includes('installing')).length, 1);
    await isClean();
  });

  test('refuses a group that does not exist', async () => {
    const result = await setUp('nonsense');
    assert.equal(result.code, 1);
    assert.match(result.stderr, /no group of packages named 'nonsense'/);
  });

  test('says that npm is missing when the Node packages are stale', async () => {
    writeFileSync(join(root, 'srv/checkout/package-lock.json'), '{"changed":true}');
    const result = await setUp();
    writeFileSync(join(root, 'srv/checkout/package-lock.json'), '{}');
    assert.equal(result.code, 1);
    assert.match(result.stderr, /^setup: npm is missing/m);
  });
});
