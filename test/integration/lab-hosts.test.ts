// Hosts of the lab, real ones: systemd, sshd and tor in namespaces of this machine. What they do, and that nothing of them
// is left afterwards, not even when the process that made them is killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { inNamespace, labNamespace, nodeAddress } from '@tearless/lab/base/lab-name.ts';
import { type LabRecord, lockLabs } from '@tearless/lab/base/lab-state.ts';
import { isAlive } from '@tearless/lab/base/process-identity.ts';
import { type RunResult, tryRun } from '@tearless/lab/base/run.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { execOnHost, tryExecOnHost } from '@tearless/lab/hosts/exec.ts';
import {
  changeHostKey,
  cutHost,
  healHost,
  killSsh,
  removeLibrary,
  restoreLibrary,
  startSsh,
  stopSsh,
} from '@tearless/lab/hosts/faults.ts';
import { rebootHost, startHost, stopHost } from '@tearless/lab/hosts/host-process.ts';
import { type LabHost, readHosts } from '@tearless/lab/hosts/host-record.ts';
import { readLeader } from '@tearless/lab/hosts/leader.ts';
import { addRelays, startRelays } from '@tearless/lab/hosts/relays.ts';
import { findRootfs } from '@tearless/lab/hosts/rootfs/ensure-rootfs.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { whileFull } from './support/while-full.ts';

const skip = hostsUnavailableReason() ?? false;

/** Whatever of a lab can be seen on this machine, read from the kernel and not by the lab's own means. */
const tracesOf = async (lab: string): Promise<string[]> => {
  const isLabs = (name: string) => name === `tl-${lab}` || name.startsWith(`tl-${lab}.`);
  const groups = await tryRun(['find', '/sys/fs/cgroup', '-type', 'd', '-name', `tl-${lab}`]);
  const processes = await tryRun(['ps', '-e', '-o', 'pid=,args=', 'ww']);
  return [
    ...(existsSync('/run/netns') ? readdirSync('/run/netns').filter(isLabs) : []),
    ...readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(`tl-${lab}.`) || line.includes(`/labs/${lab}/`)),
    ...groups.stdout.split('\n').filter((line) => line !== ''),
    ...processes.stdout.split('\n').filter((line) => line.includes(`/labs/${lab}/`) || line.includes(`tl-${lab}.`)),
    ...(existsSync(`/run/tearless/labs/${lab}`) ? [`/run/tearless/labs/${lab}`] : []),
  ];
};

describe('hosts of the lab', { skip, timeout: 30 * 60_000 }, () => {
  const name = `hosts-${process.pid}`;
  let lab: LabRecord;
  let alpha: LabHost;
  let beta: LabHost;

  const ssh = (who: string, ...argv: string[]): Promise<RunResult> =>
    tryRun(['ssh', '-F', sshPaths(name).config, '-o', 'BatchMode=yes', who, ...argv], { timeoutMs: 5 * 60_000 });

  before(async () => {
    lab = await claimLab(name);
    const hasTrixie = process.env.TEARLESS_SOAK === '1' || (await findRootfs({ suite: 'trixie' })) !== undefined;
    const hosts = await createHosts({
      lab,
      hosts: [
        { name: 'alpha', suite: 'bookworm' },
        { name: 'beta', suite: hasTrixie ? 'trixie' : 'bookworm' },
      ],
    });
    [alpha, beta] = hosts as [LabHost, LabHost];
  });

  after(async () => {
    await dropLab(name);
    assert.deepEqual(await tracesOf(name), []);
  });

  test('are running, each with its own name and identity', async () => {
    const identities = new Set<string>();
    for (const host of [alpha, beta]) {
      assert.equal((await execOnHost(host, ['systemctl', 'is-system-running'])).trim(), 'running');
      assert.equal((await execOnHost(host, ['hostname'])).trim(), host.name);
      identities.add(await execOnHost(host, ['cat', '/etc/machine-id'])).add(host.hostKey);
      const release = await execOnHost(host, ['cat', '/etc/os-release']);
      assert.match(release, new RegExp(`^VERSION_CODENAME=${host.suite}$`, 'm'));
    }
    assert.equal(identities.size, 4);
    assert.deepEqual(readHosts(name), [alpha, beta]);
  });

  test('are reached by plain ssh, as the ordinary user and as root', async () => {
    for (const host of [alpha, beta]) {
      assert.equal((await ssh(host.name, 'id', '-un')).stdout, 'operator\n');
      assert.equal((await ssh(`root@${host.name}`, 'id', '-un')).stdout, 'root\n');
    }
    const denied = await ssh('alpha', 'sudo', '-n', 'true');
    assert.notEqual(denied.code, 0, 'the ordinary user has no rights of root');
  });

  test('reach each other by name, and the nodes of the network in the lab namespace', async () => {
    const banner = await execOnHost(alpha, [
      'timeout',
      '120',
      'bash',
      '-c',
      'read -r line </dev/tcp/beta/22; echo "$line"',
    ]);
    assert.match(banner, /^SSH-2\.0-/);
    const node = nodeAddress(lab.net, 7, 'hosts');
    const [command, ...argv] = inNamespace(labNamespace(name), ['nc.openbsd', '-l', '-v', '-n', node, '9001']);
    const listener = spawn(command ?? '', argv, { stdio: ['pipe', 'ignore', 'pipe'] });
    const ended = once(listener, 'exit');
    try {
      await once(listener.stderr, 'data');
      listener.stdin.end('hello from the node\n');
      const script = `read -r line </dev/tcp/${node}/9001; echo "$line"`;
      assert.equal(await execOnHost(alpha, ['timeout', '120', 'bash', '-c', script]), 'hello from the node\n');
    } finally {
      listener.kill();
      await ended;
    }
  });

  test('run tor@ instances whose memory systemd counts', async () => {
    for (const host of [alpha, beta]) {
      const torrc = `ORPort ${host.address}:9001\nNickname one\nSocksPort 0\nDisableNetwork 1\n`;
      await addRelays(host, [
        { name: 'one', torrc },
        { name: 'two', torrc: torrc.replaceAll('one', 'two').replace(':9001', ':9002') },
      ]);
      await startRelays(host, ['one', 'two']);
      for (const unit of ['tor@one', 'tor@two']) {
        const shown = await execOnHost(host, ['systemctl', 'show', '--property=ActiveState,MemoryCurrent', unit]);
        assert.match(shown, /^ActiveState=active$/m);
        assert.match(shown, /^MemoryCurrent=[1-9]\d{5,}$/m);
      }
    }
  });

  test('reboot from inside and come back with what they had', async () => {
    const leader = readLeader(alpha);
    await rebootHost(alpha);
    assert.notDeepEqual(readLeader(alpha), leader);
    assert.equal(await execOnHost(alpha, ['systemctl', 'is-active', 'tor@one', 'tor@two']), 'active\nactive\n');
    assert.equal((await ssh('alpha', 'hostname')).stdout, 'alpha\n');
  });

  test('switch off in an orderly way and start again with their disk', async () => {
    await execOnHost(alpha, ['sh', '-c', 'echo kept >/root/note']);
    const leader = readLeader(alpha);
    await stopHost(alpha);
    assert.equal(readLeader(alpha), undefined);
    assert.ok(leader !== undefined && !isAlive(leader));
    await assert.rejects(execOnHost(alpha, ['true']), { code: 'lab-host-down' });
    await startHost(alpha);
    assert.equal(await execOnHost(alpha, ['cat', '/root/note']), 'kept\n');
    const log = await execOnHost(alpha, ['journalctl', '--boot=-1', '--unit=tor@one', '--lines=5', '--output=cat']);
    assert.match(log, /Deactivated successfully/);
  });

  test('have disks that become full', async () => {
    const write = await whileFull(alpha, () =>
      tryExecOnHost(alpha, ['dd', 'if=/dev/zero', 'of=/root/more', 'bs=64k', 'count=1']),
    );
    assert.match(write.stderr, /No space left on device/);
    await execOnHost(alpha, ['dd', 'if=/dev/zero', 'of=/root/more', 'bs=64k', 'count=1']);
  });

  test('lose their cable and their sshd, and get them back', async () => {
    await cutHost(beta);
    const cut = await ssh('beta', 'true');
    assert.equal(cut.code, 255);
    assert.match(cut.stderr, /^ssh: connect to host \S+ port 22: (No route to host|Connection timed out)$/m);
    await healHost(beta);
    assert.equal((await ssh('beta', 'echo', 'back')).stdout, 'back\n');

    const session = ssh('beta', 'echo started; exec sleep 1000');
    const lasting = () => tryExecOnHost(beta, ['pgrep', '-x', 'sleep']);
    await waitFor(async () => (await lasting()).code === 0, { what: 'the session', timeoutMs: 120_000 });
    await killSsh(beta);
    assert.equal((await session).code, 255);

    await stopSsh(beta);
    const refused = await ssh('beta', 'true');
    assert.equal(refused.code, 255);
    assert.match(refused.stderr, /^ssh: connect to host \S+ port 22: Connection refused$/m);
    await startSsh(beta);
    assert.equal((await ssh('beta', 'echo', 'back')).stdout, 'back\n');
  });

  test('lose a library and get it back', async () => {
    const library = (await execOnHost(alpha, ['sh', '-c', 'ls /usr/lib/*/libjemalloc.so.2'])).trim();
    await removeLibrary(alpha, library);
    assert.notEqual((await tryExecOnHost(alpha, ['test', '-e', library])).code, 0);
    await restoreLibrary(alpha, library);
    await execOnHost(alpha, ['test', '-e', library]);
  });

  test('are refused by ssh when they show another host key than the pinned one', async () => {
    await changeHostKey(beta);
    const refused = await ssh('beta', 'true');
    assert.equal(refused.code, 255);
    assert.match(refused.stderr, /REMOTE HOST IDENTIFICATION HAS CHANGED/);
    assert.equal((await ssh('alpha', 'true')).code, 0);
  });
});

describe('a lab whose process was killed', { skip, timeout: 30 * 60_000 }, () => {
  const name = `killed-${process.pid}`;

  after(() => dropLab(name));

  test('is removed when the next lab comes up', async () => {
    const script = `
      const { claimLab } = await import('@tearless/lab/base/claim-lab.ts');
      const { createHosts } = await import('@tearless/lab/hosts/create-hosts.ts');
      const { spawnTracked } = await import('@tearless/lab/base/tracked-process.ts');
      const lab = await claimLab('${name}');
      await createHosts({ lab, hosts: [{ name: 'alpha', suite: 'bookworm' }] });
      await spawnTracked(['sleep', '1000'], { lab: lab.name, id: 'idler' });
      console.log('up');
      setInterval(() => {}, 1000);`;
    const creator = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('.', import.meta.url).pathname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(creator.stdout, 'data');
    {
      // Whoever claims a lab removes what is left over, so none is claimed, here or in other tests, until we have looked.
      await using _ = await lockLabs();
      creator.kill('SIGKILL');
      await once(creator, 'exit');
      const left = await tracesOf(name);
      assert.ok(left.length > 5, `a killed lab leaves traces: ${left.join(', ')}`);
    }

    const next = `next-${process.pid}`;
    await claimLab(next);
    try {
      assert.deepEqual(await tracesOf(name), []);
    } finally {
      await dropLab(next);
    }
    assert.deepEqual(await tracesOf(next), []);
  });

  test('cannot be claimed by two that live', async () => {
    await claimLab(name);
    await assert.rejects(claimLab(name), { code: 'lab-exists', kind: 'conflict' });
  });
});
