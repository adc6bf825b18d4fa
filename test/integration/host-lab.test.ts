// A real host over ssh: made ready for an ordinary login, then systemd, packages, tor's control socket and a full disk
// through the helper.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { execOnHost, tryExecOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays } from '@tearless/lab/hosts/relays.ts';
import type { Suite } from '@tearless/lab/hosts/rootfs/recipe.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { createSshHost } from 'tearless/host/create-host.ts';
import { enrolHost, unenrolHost } from 'tearless/host/enrol/enrol-host.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import type { StreamTarget } from 'tearless/host/host.ts';
import { HostError } from 'tearless/host/host-error.ts';
import type { RemoteHost } from 'tearless/host/remote-host.ts';
import { fingerprintOf, pinHostKey, scanHostKey } from 'tearless/host/ssh/host-key.ts';
import { ensureLoginKey } from 'tearless/host/ssh/login-key.ts';
import { SshTransport } from 'tearless/host/ssh/ssh-transport.ts';
import { type ContractSubject, describeHost } from 'tearless/host/testing/host-contract.ts';
import { whileFull } from './support/while-full.ts';

const unavailable = hostsUnavailableReason();
/** The short form takes the older system, the long one both. */
const suites: readonly Suite[] = process.env.TEARLESS_SOAK === '1' ? ['bookworm', 'trixie'] : ['bookworm'];
const helper = renderHelper({ factsScript: 'id -u' });
const plain = { mode: 0o644, owner: 'root', group: 'root' };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const fails = async (action: Promise<unknown>, code: string): Promise<HostError> => {
  const error = await action.then(
    () => assert.fail(`expected ${code}, but it succeeded`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HostError)) throw error;
  assert.equal(error.code, code, `${error.message}\n${error.lines.join('\n')}`);
  return error;
};

const describeSuite = (suite: Suite): void => {
  describe(`a real host of Debian ${suite}`, {
    ...(unavailable === undefined ? {} : { skip: unavailable }),
    timeout: 30 * 60_000,
  }, () => {
    const name = `${suite}-${process.pid}`;
    let lab: LabHost;
    let directory: string;
    let publicKey: string;

    const reach = (user: string, other = helper): RemoteHost =>
      createSshHost({
        name: 'one',
        helper: other,
        destination: { host: 'one', user, configFile: sshPaths(name).config },
      });
    const rootsWayIn = (): SshTransport =>
      new SshTransport('one', { host: 'one', user: 'root', configFile: sshPaths(name).config });
    const enrol = async (login?: string, other = helper, key = publicKey): Promise<string[]> => {
      const wayIn = rootsWayIn();
      try {
        return await enrolHost({ wayIn, publicKey: key, helper: other, ...(login === undefined ? {} : { login }) });
      } finally {
        await wayIn.close();
      }
    };
    const unenrol = async (login?: string, purge = false): Promise<string[]> => {
      const wayIn = rootsWayIn();
      try {
        return await unenrolHost({ wayIn, publicKey, purge, ...(login === undefined ? {} : { login }) });
      } finally {
        await wayIn.close();
      }
    };
    /** Everything that enrolment may touch: type, mode, owner and content. */
    const traces = (): Promise<string> =>
      execOnHost(lab, [
        'sh',
        '-c',
        'find /etc/sudoers.d /usr/local /home /etc/passwd /etc/group /etc/shadow -printf "%p %y %m %u %g\\n" | sort; ' +
          'sha256sum /etc/sudoers.d/* /etc/passwd /etc/group /etc/shadow',
      ]);

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'tearless-host-lab-'));
      const record = await claimLab(name);
      [lab] = (await createHosts({ lab: record, hosts: [{ name: 'one', suite }] })) as [LabHost];
      publicKey = await readFile(`${sshPaths(name).identity}.pub`, 'utf8');
    });
    after(async () => {
      await dropLab(name);
      await rm(directory, { recursive: true });
    });

    describe('at first contact', () => {
      test('shows its key without being believed, and is reached once that key is pinned', async () => {
        const destination = { host: 'one', configFile: sshPaths(name).config };
        const knownHostsFile = join(directory, 'known_hosts');
        await writeFile(knownHostsFile, '# mine\n');
        const key = await scanHostKey('one', destination);
        assert.equal(`${key.type} ${key.key}`, lab.hostKey);
        assert.equal(key.fingerprint, fingerprintOf(lab.hostKey.split(' ')[1] ?? ''));
        const stranger = new SshTransport('one', { ...destination, knownHostsFile });
        await fails(stranger.login(), 'ssh-host-key-unknown');
        assert.equal(await pinHostKey(knownHostsFile, key), true);
        assert.equal(await pinHostKey(knownHostsFile, key), false);
        assert.equal((await stranger.login()).user, 'operator');
        await stranger.close();
        const other = { ...key, key: (await ensureLoginKey(join(directory, 'other'))).split(' ')[1] ?? '' };
        await fails(pinHostKey(knownHostsFile, other), 'ssh-host-key-changed');
        assert.equal(await pinHostKey(knownHostsFile, other, { replace: true }), true);
        assert.match(await readFile(knownHostsFile, 'utf8'), /^# mine\n/);
        await fails(stranger.login(), 'ssh-host-key-changed');
        await stranger.close();
      });

      test('refuses what needs root to a login that was not enrolled, and says how to mend it', async () => {
        const host = reach('operator');
        const error = await fails(host.call('hello'), 'host-sudo-refused');
        assert.match(error.hint ?? '', /host add/);
        assert.equal(text((await host.run('id -un')).stdout), 'operator\n');
        await host.close();
      });
    });

    describe('when it is made ready', () => {
      test('gets an ordinary login, the helper and its rule; asked again, nothing changes; taken back, all is as before', async () => {
        const before = await traces();
        const made = await enrol();
        assert.deepEqual(
          made.map((line) => line.split(' ')[0]),
          ['added', 'let', 'installed', 'wrote'],
        );
        const host = reach('tearless');
        assert.match(text((await host.call('hello')).stdout), /^version=[0-9a-f]{16}\nuser=tearless\n/);
        assert.equal(text((await host.call('facts')).stdout), '0\n');
        assert.equal(text((await host.run('id -un')).stdout), 'tearless\n');
        assert.notEqual((await host.run('sudo -n id')).exitCode, 0);
        assert.notEqual((await host.run('sudo -n /usr/local/lib/tearless/helper anything')).exitCode, 0);
        await host.close();
        assert.deepEqual(await enrol(), []);
        assert.notDeepEqual(await unenrol(undefined, true), []);
        assert.deepEqual(await unenrol(undefined, true), []);
        assert.equal(await traces(), before);
      });

      test('can be made so by a user who may run anything through sudo, and not by another', async () => {
        const options = { publicKey: await ensureLoginKey(join(directory, 'id')), helper };
        const wayIn = new SshTransport('one', { host: 'one', configFile: sshPaths(name).config });
        await fails(enrolHost({ ...options, wayIn }), 'host-sudo-refused');
        await execOnHost(lab, ['sh', '-c', 'echo "operator ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/test']);
        try {
          assert.equal((await enrolHost({ ...options, wayIn })).length, 4);
          const destination = { host: 'one', configFile: sshPaths(name).config };
          const identityFile = join(directory, 'id');
          const host = createSshHost({
            name: 'one',
            helper,
            destination: { ...destination, user: 'tearless', identityFile },
          });
          assert.match(text((await host.call('hello')).stdout), /user=tearless/);
          await host.close();
          await unenrolHost({ ...options, wayIn });
        } finally {
          await execOnHost(lab, ['rm', '/etc/sudoers.d/test']);
          await wayIn.close();
        }
      });

      test('tells a missing and an outdated helper apart, and gets the new one by being enrolled again', async () => {
        await enrol('operator');
        const host = reach('operator');
        const newer = renderHelper({ factsScript: 'id -un' });
        const newerHost = reach('operator', newer);
        await fails(newerHost.call('hello'), 'host-helper-outdated');
        assert.deepEqual(await enrol('operator', newer), ['installed /usr/local/lib/tearless/helper']);
        assert.match(text((await newerHost.call('hello')).stdout), new RegExp(newer.version));
        await execOnHost(lab, ['rm', '/usr/local/lib/tearless/helper']);
        await fails(host.call('hello'), 'host-helper-missing');
        await newerHost.close();
        await host.close();
      });

      test('leaves a login alone that was there before', async () => {
        await enrol('operator');
        await unenrol('operator');
        const host = reach('operator');
        assert.equal((await host.run('true')).exitCode, 0);
        await host.close();
      });
    });

    const subject = async (user: string): Promise<ContractSubject> => {
      await enrol('operator');
      const host = reach(user);
      const found = await host.run(
        'find /usr/lib/x86_64-linux-gnu /usr/lib -maxdepth 1 -type l -printf "%p %l\\n" -quit',
      );
      const [path = '', target = ''] = text(found.stdout).trim().split(' ');
      return {
        host,
        owner: 'root',
        group: 'root',
        link: { path, target },
        port: { host: '127.0.0.1', port: 22, greeting: 'SSH-2.0-' },
        [Symbol.asyncDispose]: () => host.close(),
      };
    };
    describeHost('an ordinary login with the helper', () => subject('operator'), unavailable);
    describeHost('a login as root', () => subject('root'), unavailable);

    describe('with an ordinary login', () => {
      let host: RemoteHost;
      before(async () => {
        await enrol('operator');
        host = reach('operator');
        // With DisableNetwork tor would close its control socket too.
        const torrc = 'SocksPort 0\nNumCPUs 1\n';
        await addRelays(lab, [
          { name: 'a', torrc },
          { name: 'b', torrc },
        ]);
      });
      after(async () => {
        await host.close();
      });

      test('starts, enables, reloads, restarts and stops tor instances, and sees their state', async () => {
        const unit = 'tor@a.service';
        const [stopped] = await host.units([unit]);
        assert.deepEqual([stopped?.activeState, stopped?.mainPid, stopped?.activeEnterMs], ['inactive', 0, 0]);
        const beforeMs = Date.now();
        await host.unit('enable', unit);
        await host.unit('start', unit);
        const [started] = await host.units([unit]);
        assert.ok(started);
        assert.deepEqual(
          [started.activeState, started.subState, started.unitFileState],
          ['active', 'running', 'enabled'],
        );
        assert.ok(started.mainPid > 1);
        assert.ok(started.activeEnterMs >= beforeMs && started.activeEnterMs <= Date.now());
        assert.ok(started.activeEnterMonotonicUs > 0);
        await host.unit('reload', unit);
        assert.equal((await host.units([unit]))[0]?.mainPid, started.mainPid);
        await host.unit('restart', unit);
        const [restarted, missing] = await host.units([unit, 'nosuch.service']);
        assert.notEqual(restarted?.mainPid, started.mainPid);
        assert.equal(missing?.loadState, 'not-found');
        await host.unit('stop', unit);
        await host.unit('disable', unit);
        const [end] = await host.units([unit]);
        // Debian's generator enables every instance at boot anew.
        assert.deepEqual([end?.activeState, end?.unitFileState], ['inactive', 'enabled-runtime']);
      });

      test('has no say over other units', async () => {
        for (const unit of ['ssh.service', 'tor.service', 'tor@a.timer', '--now', 'tor@a.service ssh.service'])
          await fails(
            host.unit('stop', unit),
            unit.startsWith('tor@a.service ') ? 'host-request-bad' : 'host-path-refused',
          );
      });

      test('sees that a written drop-in waits for systemd to be reloaded, and reloads it', async () => {
        const path = '/etc/systemd/system/tor@a.service.d/50-tearless-allocator.conf';
        await host.unit('start', 'tor@a.service');
        await host.write(path, '[Service]\nEnvironment="MALLOC_ARENA_MAX=2"\n', plain);
        await host.reloadSystemd();
        assert.equal((await host.units(['tor@a.service']))[0]?.needDaemonReload, false);
        assert.match(
          text((await host.run('systemctl show -p Environment tor@a.service')).stdout),
          /MALLOC_ARENA_MAX=2/,
        );
        await host.write(path, '[Service]\nEnvironment="MALLOC_ARENA_MAX=4"\n', plain);
        assert.equal((await host.units(['tor@a.service']))[0]?.needDaemonReload, true);
        await host.remove(path);
        await host.removeEmptyDirectory('/etc/systemd/system/tor@a.service.d');
        await host.reloadSystemd();
        await host.unit('stop', 'tor@a.service');
      });

      test('is told by the host’s own journal why a start failed', async () => {
        await host.write('/etc/tor/instances/b/torrc', 'NoSuchOption 1\n', plain);
        const error = await fails(host.unit('start', 'tor@b.service'), 'host-command-failed');
        assert.match(error.lines.join('\n'), /NoSuchOption/);
        assert.match(error.message, /tor@b\.service/);
      });

      /** Tor opens its unix sockets about a second after it has told systemd that it is ready. */
      const openWhenThere = async (target: StreamTarget): Promise<Duplex> => {
        for (let tries = 1; ; tries += 1) {
          try {
            return await host.open(target);
          } catch (error) {
            if (tries === 360 || !(error instanceof HostError && error.code === 'host-not-found')) throw error;
            await delay(500);
          }
        }
      };

      test('asks tor through its control socket, whose cookie it cannot read', async () => {
        await host.unit('start', 'tor@a.service');
        assert.notEqual((await host.run('cat /run/tor-instances/a/control.authcookie')).exitCode, 0);
        const stream = await openWhenThere({ kind: 'unix', path: '/run/tor-instances/a/control' });
        stream.write('GETINFO version\r\nSETCONF Nickname=x\r\nGETCONF NumCPUs\r\nQUIT\r\n');
        const lines: string[] = [];
        for await (const line of createInterface({ input: stream })) lines.push(line);
        assert.match(lines[0] ?? '', /^250-version=0\.4/);
        assert.deepEqual(lines.slice(1), [
          '250 OK',
          '510 Unrecognized command "REFUSED_BY_TEARLESS"',
          '250 NumCPUs=1',
          '250 closing connection',
        ]);
        await host.unit('stop', 'tor@a.service');
        await fails(host.open({ kind: 'unix', path: '/run/tor-instances/a/control' }), 'host-not-found');
        await fails(host.open({ kind: 'unix', path: '/run/dbus/system_bus_socket' }), 'host-path-refused');
      });

      test('a full disk leaves files and journals as they were', async () => {
        const torrc = '/etc/tor/instances/a/torrc';
        const former = text(await host.read(torrc));
        await host.call('journal-append', { args: ['full'], input: '{"a":1}\n' });
        await whileFull(lab, async () => {
          const error = await fails(
            host.write(torrc, `${former}${'# filler\n'.repeat(20_000)}`, plain),
            'host-disk-full',
          );
          assert.match(error.hint ?? '', /free space/);
          assert.equal(text(await host.read(torrc)), former);
          const line = `${JSON.stringify({ filler: 'x'.repeat(200_000) })}\n`;
          await fails(host.call('journal-append', { args: ['full'], input: line }), 'host-disk-full');
          assert.equal(text((await host.call('journal-read', { args: ['full'] })).stdout), '{"a":1}\n');
        });
        await host.write(torrc, `${former}# more\n`, plain);
        const names = (await host.list('/etc/tor/instances/a')).map(({ path }) => path);
        assert.deepEqual(names, [torrc]);
        await host.write(torrc, former, plain);
      });

      describe('of packages', () => {
        const version = (revision: number): string => `1:9.9+test-${revision}`;
        const show = async (packageName: string): Promise<string> =>
          text((await host.call('package-show', { args: [packageName] })).stdout);

        before(async () => {
          // An archive on the host itself, of packages whose installation asks for relays to be restarted.
          await execOnHost(lab, ['sh', '-eu'], {
            input: `
mkdir -p /srv/archive && cd /srv/archive
build() {
  rm -rf tree && mkdir -p tree/DEBIAN
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: test\\nDescription: test\\n%s' "$1" "$2" "\${3-}" >tree/DEBIAN/control
  printf '#!/bin/sh\\ndeb-systemd-invoke restart tor@a.service\\ninvoke-rc.d tor restart || :\\n' >tree/DEBIAN/postinst
  cp tree/DEBIAN/postinst tree/DEBIAN/prerm
  chmod 755 tree/DEBIAN/postinst tree/DEBIAN/prerm
  dpkg-deb --root-owner-group -Zgzip --build tree "$1-$4.deb" >/dev/null
  { dpkg-deb -f "$1-$4.deb"; printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$1-$4.deb" "$(wc -c <"$1-$4.deb")" "$(sha256sum "$1-$4.deb" | cut -d' ' -f1)"; } >>Packages
}
: >Packages
build libmimalloc9.9 '${version(1)}' '' 1
build libmimalloc9.9 '${version(2)}' '' 2
build libmimalloc9.8 '${version(1)}' '' 1
build needs-it '1' 'Depends: libmimalloc9.8
' 1
mkdir -p /etc/apt/sources.list.d
echo 'deb [trusted=yes] file:/srv/archive ./' >/etc/apt/sources.list.d/test.list
for other in /etc/apt/sources.list /etc/apt/sources.list.d/*.sources; do [ ! -e "$other" ] || mv "$other" "$other.off"; done
`,
          });
        });

        test('sees versions, installs exactly one, holds it, goes back, and restarts no relay by it', async () => {
          await host.unit('start', 'tor@a.service');
          const pid = (await host.units(['tor@a.service']))[0]?.mainPid;
          await host.call('package-refresh');
          assert.equal(
            await show('libmimalloc9.9'),
            `candidate ${version(2)}\navailable ${version(2)} ${version(1)}\n`,
          );
          await host.call('package-install', { args: ['libmimalloc9.9', version(2)] });
          await host.call('package-hold', { args: ['libmimalloc9.9'] });
          assert.match(
            await show('libmimalloc9.9'),
            new RegExp(`^installed ${version(2).replace('+', '\\+')}\nheld\n`),
          );
          await host.call('package-unhold', { args: ['libmimalloc9.9'] });
          await host.call('package-install', { args: ['libmimalloc9.9', version(1)] });
          assert.match(
            await show('libmimalloc9.9'),
            new RegExp(`^installed ${version(1).replace('+', '\\+')}\ncandidate`),
          );
          await host.call('package-remove', { args: ['libmimalloc9.9'] });
          assert.match(await show('libmimalloc9.9'), /^candidate/);
          assert.equal((await host.units(['tor@a.service']))[0]?.mainPid, pid);
          assert.equal((await tryExecOnHost(lab, ['test', '-e', '/usr/sbin/policy-rc.d'])).code, 1);
        });

        test('restarts no relay either where an administrator has a policy that would', async () => {
          const policy = '#!/bin/sh\nexit 0\n';
          await execOnHost(lab, ['sh', '-c', 'cat >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d'], {
            input: policy,
          });
          const pid = (await host.units(['tor@a.service']))[0]?.mainPid;
          await host.call('package-install', { args: ['libmimalloc9.9', version(1)] });
          await host.call('package-remove', { args: ['libmimalloc9.9'] });
          assert.equal((await host.units(['tor@a.service']))[0]?.mainPid, pid);
          assert.equal(await execOnHost(lab, ['cat', '/usr/sbin/policy-rc.d']), policy);
          await execOnHost(lab, ['rm', '/usr/sbin/policy-rc.d']);
        });

        test('the same package would restart the relay when installed by hand', async () => {
          const pid = (await host.units(['tor@a.service']))[0]?.mainPid;
          await execOnHost(lab, ['apt-get', 'install', '-qq', '-y', `libmimalloc9.9=${version(1)}`]);
          assert.notEqual((await host.units(['tor@a.service']))[0]?.mainPid, pid);
          await host.call('package-remove', { args: ['libmimalloc9.9'] });
          await host.unit('stop', 'tor@a.service');
        });

        test('a package that another needs stays, a version that is not there is an error, others are refused', async () => {
          await execOnHost(lab, ['apt-get', 'install', '-qq', '-y', 'needs-it']);
          await fails(host.call('package-remove', { args: ['libmimalloc9.8'] }), 'host-path-refused');
          await fails(host.call('package-install', { args: ['libmimalloc9.9', '7'] }), 'host-command-failed');
          for (const packageName of ['needs-it', 'openssh-server', 'libc6', 'tor-extra'])
            await fails(host.call('package-install', { args: [packageName, '1'] }), 'host-path-refused');
          await fails(host.call('package-remove', { args: ['tor'] }), 'host-path-refused');
          await fails(host.call('package-install', { args: ['-o', '1'] }), 'host-path-refused');
          for (const packageName of ['libmimalloc9.9/sid', 'libmimalloc9.9 x', 'libmimalloc9.9=1', ''])
            await fails(host.call('package-install', { args: [packageName, '1'] }), 'host-request-bad');
        });
      });
    });
  });
};

for (const suite of suites) describeSuite(suite);
