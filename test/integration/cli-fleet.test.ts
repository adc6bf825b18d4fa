// The commands that set a fleet up and look at it, on real hosts: from `init` to `host remove`. What the commands say is
// compared with what the hosts say when they are asked by other means.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import { changeHostKey, startSsh, stopSsh } from '@tearless/lab/hosts/faults.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays, startRelays, stopRelays } from '@tearless/lab/hosts/relays.ts';
import { findRootfs } from '@tearless/lab/hosts/rootfs/ensure-rootfs.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { parseConfig } from 'tearless/config/parse.ts';
import { fingerprintOf } from 'tearless/host/ssh/host-key.ts';
import { runIn } from '../cli/harness.ts';
import { goneHolder } from '../cli/seeded-state.ts';

const skip = hostsUnavailableReason() ?? false;
const name = `cli-${process.pid}`;
const libraries = '/usr/lib/x86_64-linux-gnu';

const torrc = (port: number): string =>
  `Nickname relay${port}
ORPort 127.0.0.1:${port} NoAdvertise
ORPort 127.0.0.1:1${port} NoListen
Address 127.0.0.1
AssumeReachable 1
PublishServerDescriptor 0
SocksPort 0
NumCPUs 1
TestingTorNetwork 1
ShutdownWaitLength 0
DirAuthority none orport=9001 v3ident=${'01'.repeat(20)} 127.0.0.9:9030 ${'01'.repeat(20)}
`;

const sh = async (host: LabHost, script: string, ...args: string[]): Promise<string> =>
  (await execOnHost(host, ['sh', '-euc', script, 'sh', ...args])).trimEnd();

const preload = (host: LabHost, relay: string, library: string): Promise<string> =>
  sh(
    host,
    'mkdir -p "$1" && printf "[Service]\\nEnvironment=LD_PRELOAD=%s\\n" "$2" >"$1/10-allocator.conf"',
    `/etc/systemd/system/tor@${relay}.service.d`,
    library,
  );

interface Check {
  readonly name: string;
  readonly subject: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly hint: string | null;
}

const problemsOf = ({ checks }: { checks: Check[] }): string[] =>
  checks.filter(({ outcome }) => outcome === 'problem').map((check) => `${check.name} ${check.subject} ${check.code}`);

describe('a fleet from init to host remove', { skip, timeout: 30 * 60_000 }, () => {
  let directory: string;
  let h1: LabHost;
  let h2: LabHost;
  let before1: string;

  const run = (...words: string[]) => runIn(directory, words);
  /** Runs with --json and gives the object; the exit code must be the one named. */
  const ask = async (exitCode: number, ...words: string[]) => {
    const result = await run(...words, '--json');
    assert.equal(result.exitCode, exitCode, `${words.join(' ')}: ${result.stdout}${result.stderr}`);
    return JSON.parse(result.stdout);
  };
  const config = async () => parseConfig(await readFile(join(directory, 'tearless.yaml'), 'utf8'), 'tearless.yaml');
  const keyOf = async (host: LabHost): Promise<string> =>
    fingerprintOf((await sh(host, 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? '');
  /** What enrolling may touch. */
  const traces = (host: LabHost): Promise<string> =>
    sh(
      host,
      'find /etc/sudoers.d /usr/local /home /var/lib/tearless /etc/passwd /etc/group /etc/shadow -printf "%p %y %m %u %g\\n" 2>/dev/null | sort; sha256sum /etc/sudoers.d/* /etc/passwd /etc/group /etc/shadow',
    );
  /** Everything that a change of a fleet could touch, with the time of its last change. */
  const everything = (host: LabHost): Promise<string> =>
    sh(
      host,
      'find /etc /usr/local /var/lib/tearless -printf "%p %y %m %u %g %s %C@ %l\\n" | sort; systemctl list-units --plain --no-legend "tor@*"',
    );

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tearless-cli-fleet-'));
    const lab = await claimLab(name);
    const suite = (await findRootfs({ suite: 'trixie' })) === undefined ? 'bookworm' : 'trixie';
    [h1, h2] = (await createHosts({
      lab,
      hosts: [
        { name: 'h1', suite: 'bookworm' },
        { name: 'h2', suite },
      ],
    })) as [LabHost, LabHost];
    await addRelays(
      h1,
      ['a', 'b', 'c'].map((relay, index) => ({ name: relay, torrc: torrc(9101 + index) })),
    );
    await addRelays(h2, [{ name: 'a', torrc: torrc(9101) }]);
    const mimalloc = `${libraries}/${await sh(h1, `cd ${libraries} && echo libmimalloc.so.?`)}`;
    await preload(h1, 'b', mimalloc);
    await preload(h1, 'c', `${libraries}/libmissing.so.1`);
    await preload(h2, 'a', `${libraries}/libjemalloc.so.2`);
    await sh(h2, 'apt-mark hold libjemalloc2');
    for (const host of [h1, h2]) await sh(host, 'systemctl daemon-reload');
    await startRelays(h1, ['a', 'b', 'c']);
    await startRelays(h2, ['a']);
    before1 = await traces(h1);
  });
  after(async () => {
    await dropLab(name);
    await rm(directory, { recursive: true, force: true });
  });

  test('init writes a configuration that host add can declare hosts in', async () => {
    assert.equal((await run('init', '--fleet', 'cellar')).exitCode, 0);
  });

  test('host add shows a key that nobody confirmed, and touches nothing', async () => {
    const words = ['host', 'add', 'h1', '--ssh-config', sshPaths(name).config, '--yes'];
    const { exitCode, stderr } = await run(...words);
    assert.equal(exitCode, 5);
    assert.ok(stderr.includes(await keyOf(h1)), stderr);
    assert.equal(await traces(h1), before1);
    assert.deepEqual((await config()).hosts, {});
  });

  test('host add sets a host up with a key of its own, and says that all is well', async () => {
    const words = ['host', 'add', 'h1', '--ssh-config', sshPaths(name).config, '--yes', '--host-key', await keyOf(h1)];
    const added = await ask(0, ...words);
    assert.equal(added.schema, 'tearless.host-add/v1');
    assert.deepEqual(
      added.changed.map((line: string) => line.split(' ')[0]),
      ['added', 'let', 'installed', 'wrote'],
    );
    assert.deepEqual(problemsOf(added), []);
    const key = join(directory, '.local/state/tearless/ssh/id_ed25519');
    assert.equal((await stat(key)).mode & 0o777, 0o600);
    assert.equal((await stat(join(key, '..'))).mode & 0o777, 0o700);
    assert.equal((await config()).sshConfig, sshPaths(name).config);
    assert.deepEqual((await config()).hosts, { h1: {} });
  });

  test('host add a second time asks for no key and changes nothing', async () => {
    const again = await ask(0, 'host', 'add', 'h1', '--yes');
    assert.deepEqual([again.changed, again.declared], [[], false]);
  });

  test('host add --as-root asks a person, warns, declares a login as root and leaves the host alone', async () => {
    const untouched = await traces(h2);
    const add = (typed: string) => runIn(directory, ['host', 'add', 'h2', '--as-root'], { NO_COLOR: '1' }, typed);
    const refused = await add('n\n');
    assert.equal(refused.exitCode, 0);
    assert.match(refused.stderr, /is this the key of h2, and shall it.*\? \[y\/N\][\s\S]*nothing was changed/);
    assert.ok(refused.stderr.includes(await keyOf(h2)));
    assert.equal((await config()).hosts.h2, undefined);
    const { exitCode, stdout, stderr } = await add('yes\n');
    assert.equal(exitCode, 0, stdout + stderr);
    assert.match(stderr, /warning.*log in as root/);
    assert.equal(await traces(h2), untouched);
    assert.deepEqual((await config()).hosts.h2, { user: 'root' });
  });

  test('host ls and check say what the hosts are', async () => {
    const { hosts } = await ask(0, 'host', 'ls');
    const [first, second] = hosts;
    assert.equal(first.os.prettyName, await sh(h1, '. /etc/os-release; echo "$PRETTY_NAME"'));
    assert.equal(first.user, 'tearless');
    assert.deepEqual([first.relays, second.relays], [3, 1]);
    assert.deepEqual([first.helper.isCurrent, first.helper.isCarried, second.helper.isCarried], [true, false, true]);
    assert.ok((await sh(h1, 'tor --version')).includes(first.torVersion));
    assert.deepEqual(problemsOf(await ask(0, 'host', 'check')), []);
  });

  test('adopt writes the fleet down, proves that a plan with it is empty, and touches nothing', async () => {
    const untouched = await Promise.all([everything(h1), everything(h2)]);
    const adopted = await ask(0, 'adopt', '--write');
    assert.deepEqual([adopted.relays, adopted.planIsEmpty], [4, true]);
    assert.deepEqual(
      adopted.notes.map(({ code, subject }: { code: string; subject: string }) => `${code} ${subject}`),
      ['adopt-left-open h1/c'],
    );
    assert.deepEqual((await ask(0, 'plan', '--detailed-exitcode')).items, []);
    assert.deepEqual(await Promise.all([everything(h1), everything(h2)]), untouched);
    const { hosts, relays, allocators, network } = await config();
    assert.deepEqual(hosts, { h1: {}, h2: { user: 'root' } });
    assert.equal(relays.length, 4);
    assert.equal(network, 'lab');
    assert.equal(
      allocators?.jemalloc?.package?.version,
      await sh(h2, "dpkg -s libjemalloc2 | sed -n 's/^Version: //p'"),
    );
    assert.equal(allocators?.mimalloc?.package, undefined, 'a package that is not held is not declared');
  });

  test('adopt refuses to write over what it wrote, and shows the same beside it', async () => {
    assert.equal((await run('adopt', '--write')).exitCode, 5);
    const { stdout, exitCode } = await run('adopt');
    assert.equal(exitCode, 0);
    assert.deepEqual(parseConfig(stdout, 'stdout').relays, (await config()).relays);
  });

  test('relay ls, status and summary say what runs, by what the processes have mapped', async () => {
    const { relays: listed } = await ask(0, 'relay', 'ls');
    assert.deepEqual(
      listed.map(({ id, state }: { id: string; state: string }) => `${id} ${state}`),
      ['h1/a active', 'h1/b active', 'h1/c active', 'h2/a active'],
    );
    assert.ok((await sh(h1, 'cat /var/lib/tor-instances/a/fingerprint')).endsWith(listed[0].fingerprint));
    const pid = await sh(h1, 'systemctl show -p MainPID --value tor@b');
    const rssKb = async () => Number(await sh(h1, 'awk \'/^VmRSS/ { print $2 }\' "/proc/$1/status"', pid));
    const earlierKb = await rssKb();
    const { relays } = await ask(0, 'relay', 'status', '--limit', 'host=h1');
    const laterKb = await rssKb();
    assert.deepEqual(
      relays.map(({ loaded }: { loaded: { name: string } }) => loaded.name),
      ['glibc', 'mimalloc', 'glibc'],
    );
    // What it was between two moments, with room for a peak.
    const kb = relays[1].memory.rssBytes / 1024;
    assert.ok(
      kb > 0.8 * Math.min(earlierKb, laterKb) && kb < 1.2 * Math.max(earlierKb, laterKb),
      `${earlierKb} ${kb} ${laterKb}`,
    );
    assert.deepEqual(
      relays[2].findings.map(({ code }: { code: string }) => code),
      ['allocator-not-loaded'],
    );
    const summary = await ask(0, 'relay', 'summary');
    assert.deepEqual([summary.relays, summary.running], [4, 4]);
    assert.deepEqual(
      summary.byHost.map((group: { name: string; relays: number }) => [group.name, group.relays]),
      [
        ['h1', 3],
        ['h2', 1],
      ],
    );
  });

  test('doctor finds a stopped relay, a lock left behind, the missing family and the preload that failed', async () => {
    await stopRelays(h1, ['a']);
    const lock = JSON.stringify({ run: 'r9', fleet: 'cellar', sinceMs: 1, holder: goneHolder() });
    await sh(h1, 'mkdir -p /var/lib/tearless && printf "r9\\n%s\\n" "$1" >/var/lib/tearless/lock', lock);
    try {
      assert.deepEqual(problemsOf(await ask(7, 'doctor')).sort(), [
        'drift h1/a relay-not-running',
        'drift h1/c allocator-not-loaded',
        'family  family-missing',
        'lock h1 lock-left-behind',
      ]);
      const { stdout } = await run('doctor');
      assert.match(stdout, /that run never began here: the next 'tearless apply' takes the lock/);
    } finally {
      await sh(h1, 'rm /var/lib/tearless/lock');
      await startRelays(h1, ['a']);
    }
  });

  test('an outdated helper is found by host check and mended by host add', async () => {
    await sh(h1, "sed -i 's/^helper_version=.*/helper_version=0123456789abcdef/' /usr/local/lib/tearless/helper");
    const checked = await ask(7, 'host', 'check', 'h1');
    assert.deepEqual(problemsOf(checked), ['helper h1 host-helper-outdated']);
    assert.match(checked.checks.find(({ outcome }: Check) => outcome === 'problem').hint, /host add/);
    assert.match((await run('host', 'ls')).stdout, /01234567 \(outdated\)/);
    const mended = await ask(0, 'host', 'add', 'h1', '--yes');
    assert.deepEqual(mended.changed, ['installed /usr/local/lib/tearless/helper']);
    assert.deepEqual(problemsOf(await ask(0, 'host', 'check', 'h1')), []);
  });

  test('a host that is down is named, the others are shown, and the exit code is 4', async () => {
    await stopSsh(h2);
    try {
      const { relays, unreachable } = await ask(4, 'relay', 'ls');
      assert.deepEqual(
        relays.map(({ state }: { state: string }) => state),
        ['active', 'active', 'active', 'unreachable'],
      );
      assert.deepEqual([unreachable[0].host, unreachable[0].code], ['h2', 'ssh-unreachable']);
      assert.deepEqual(problemsOf(await ask(4, 'host', 'check')), ['reach h2 ssh-unreachable']);
    } finally {
      await startSsh(h2);
    }
  });

  test('a changed host key shuts us out until a person has confirmed the new one', async () => {
    await changeHostKey(h1);
    assert.deepEqual(problemsOf(await ask(4, 'host', 'check', 'h1')), ['host-key h1 ssh-host-key-changed']);
    const refused = await ask(5, 'host', 'add', 'h1', '--yes');
    assert.equal(refused.error.code, 'host-key-unconfirmed');
    assert.match(refused.error.message, /another than the one pinned/);
    await ask(0, 'host', 'add', 'h1', '--yes', '--host-key', await keyOf(h1));
    assert.deepEqual(problemsOf(await ask(0, 'host', 'check', 'h1')), []);
  });

  test('host remove leaves hosts with relays or under a lock, then takes everything back', async () => {
    assert.equal((await ask(5, 'host', 'remove', 'h1', '--yes')).error.code, 'host-has-relays');
    const path = join(directory, 'tearless.yaml');
    const hosts = 'version: 1\nfleet: cellar\n# ours\nhosts:\n  h1: {}\n  h2: { user: root }\nrelays: []\n';
    await writeFile(path, hosts.replace('fleet: cellar\n', `fleet: cellar\nsshConfig: ${sshPaths(name).config}\n`));
    const lock = JSON.stringify({ run: 'r9', fleet: 'cellar', sinceMs: 1, holder: goneHolder() });
    await sh(h1, 'printf "r9\\n%s\\n" "$1" >/var/lib/tearless/lock', lock);
    assert.equal((await ask(6, 'host', 'remove', 'h1', '--yes')).error.code, 'change-locked');
    await sh(h1, 'rm /var/lib/tearless/lock');
    const removed = await ask(0, 'host', 'remove', 'h1', '--yes', '--purge');
    assert.ok(removed.changed.includes('removed the user tearless'), removed.changed.join('\n'));
    assert.equal(await traces(h1), before1);
    await ask(0, 'host', 'remove', 'h2', '--yes');
    assert.deepEqual((await config()).hosts, {});
    assert.match(await readFile(path, 'utf8'), /# ours/);
    assert.equal(await sh(h1, 'systemctl is-active tor@a tor@b tor@c'), 'active\nactive\nactive');
  });
});
