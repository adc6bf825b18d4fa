// Facts of real hosts: systemd, tor@ relays with several allocators, libraries that are missing, deleted or replaced.
// What is expected is read on the host by other means (systemctl, sha256sum, /proc), never by the product.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { execOnHost, onHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays, startRelays } from '@tearless/lab/hosts/relays.ts';
import { findRootfs } from '@tearless/lab/hosts/rootfs/ensure-rootfs.ts';
import type { Suite } from '@tearless/lab/hosts/rootfs/recipe.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { readFacts } from 'tearless/facts/collect.ts';
import type { HostFacts, InstanceFacts } from 'tearless/facts/observed.ts';
import { factsScript } from 'tearless/facts/script.ts';
import type { CallOptions, Host } from 'tearless/host/host.ts';

const skip = hostsUnavailableReason() ?? false;

const libraries = '/usr/lib/x86_64-linux-gnu';
const own = '/usr/local/lib/libown.so';

const shared = (port: number): string =>
  `ORPort 127.0.0.1:${port} NoAdvertise
ORPort 127.0.0.1:1${port} NoListen
Address 127.0.0.1
AssumeReachable 1
PublishServerDescriptor 0
SocksPort 0
TestingTorNetwork 1
ShutdownWaitLength 0
DirAuthority none orport=9001 v3ident=${'01'.repeat(20)} 127.0.0.9:9030 ${'01'.repeat(20)}
`;

/** Each relay by what it asks for. */
const preloads = (mimalloc: string): Readonly<Record<string, string | undefined>> => ({
  glibc: undefined,
  mimalloc,
  jemalloc: `${libraries}/libjemalloc.so.2`,
  missing: `${libraries}/libmissing.so.1`,
  deleted: own,
});

/** Runs a command on a host as its root and gives the bytes it printed. */
const bytesFrom = (host: LabHost, argv: readonly string[], input = ''): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const [file = '', ...args] = onHost(host, argv);
    const child = spawn(file, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    const chunks: Buffer[] = [];
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(chunks));
      else reject(new Error(`${argv.join(' ')}: exit code ${code}\n${said}`));
    });
    child.stdin.end(input);
  });

/** A host with nothing but the one verb, so that only the facts are tested here. */
const factsHost = (host: LabHost, seen?: (output: Buffer) => void): Host =>
  ({
    name: host.name,
    call: async (_: string, options: CallOptions = {}) => {
      const script = `verb_facts() (\n${factsScript}\n)\nverb_facts "$@"\n`;
      const stdout = await bytesFrom(host, ['sh', '-s', '--', ...(options.args ?? [])], script);
      seen?.(stdout);
      return { exitCode: 0, stdout, stderr: '' };
    },
  }) as unknown as Host;

const instanceOf = (facts: HostFacts, name: string): InstanceFacts => {
  const instance = facts.instances.find((candidate) => candidate.name === name);
  assert.ok(instance, `no instance ${name}`);
  return instance;
};

const processOf = (facts: HostFacts, name: string) => {
  const { process } = instanceOf(facts, name);
  assert.ok(process, `${name} does not run`);
  return process;
};

const sh = async (host: LabHost, script: string, ...args: string[]): Promise<string> =>
  (await execOnHost(host, ['sh', '-euc', script, 'sh', ...args])).trimEnd();

const writeDropIn = (host: LabHost, relay: string, name: string, text: string): Promise<string> =>
  sh(host, 'mkdir -p "$1" && printf %s "$3" >"$1/$2"', `/etc/systemd/system/tor@${relay}.service.d`, name, text);

const fileBuildId = async (host: LabHost, path: string): Promise<string | undefined> =>
  findBuildId(await bytesFrom(host, ['cat', path]));

const prepare = async (host: LabHost): Promise<void> => {
  const wanted = preloads(`${libraries}/${await sh(host, `cd ${libraries} && echo libmimalloc.so.?`)}`);
  await sh(host, `cp ${libraries}/libjemalloc.so.2 ${own}`);
  await sh(host, 'mkdir -p /etc/tor/torrc.d/folder /srv/closed && chmod 700 /srv/closed && : >/srv/closed/extra');
  await sh(host, 'printf "ContactInfo <nobody>" >/etc/tor/torrc.d/10-contact');
  await sh(host, 'printf "Log notice syslog\\n%%include /etc/tor/torrc.d/10-contact\\n" >/etc/tor/torrc.d/folder/log');
  await addRelays(
    host,
    Object.keys(wanted).map((name, index) => ({ name, torrc: `Nickname ${name}Relay\n${shared(9101 + index)}` })),
  );
  await sh(
    host,
    'printf "%%include /etc/tor/torrc.d/1*\\n%%include \\"/etc/tor/torrc.d/folder\\"\\n" >>/etc/tor/instances/glibc/torrc',
  );
  for (const [name, preload] of Object.entries(wanted))
    if (preload !== undefined)
      await writeDropIn(host, name, '50-allocator.conf', `[Service]\nEnvironment=LD_PRELOAD=${preload}\n`);
  await sh(host, 'systemctl daemon-reload');
  await startRelays(host, Object.keys(wanted));
};

describe('facts of a host', { skip, timeout: 30 * 60_000 }, () => {
  const name = `facts-${process.pid}`;
  const hosts: { readonly suite: Suite; readonly host: LabHost }[] = [];
  const all = (title: string, check: (host: LabHost, suite: Suite) => Promise<void>): void => {
    test(title, async (context) => {
      assert.notEqual(hosts.length, 0);
      for (const { suite, host } of hosts) await context.test(suite, () => check(host, suite));
    });
  };

  before(async () => {
    const lab = await claimLab(name);
    const suites: Suite[] = ['bookworm'];
    if (process.env.TEARLESS_SOAK === '1' || (await findRootfs({ suite: 'trixie' })) !== undefined)
      suites.push('trixie');
    const made = await createHosts({ lab, hosts: suites.map((suite) => ({ name: suite, suite })) });
    await Promise.all(made.map(prepare));
    for (const [index, suite] of suites.entries()) {
      const host = made[index];
      if (host !== undefined) hosts.push({ suite, host });
    }
  });

  after(async () => {
    await dropLab(name);
  });

  all('prove which allocator each process has loaded, by what is mapped', async (host) => {
    const facts = await readFacts(factsHost(host));
    const expected = {
      glibc: 'glibc',
      mimalloc: 'mimalloc',
      jemalloc: 'jemalloc',
      missing: 'glibc',
      deleted: 'jemalloc',
    };
    for (const [relay, allocator] of Object.entries(expected)) {
      const { pid, allocator: loaded, executable } = processOf(facts, relay);
      assert.equal(String(pid), await sh(host, `systemctl show --property=MainPID --value tor@${relay}.service`));
      assert.equal(loaded.allocator, allocator, relay);
      assert.match(await sh(host, 'cat "/proc/$1/maps"', String(pid)), new RegExp(`${loaded.path}\\n`));
      assert.equal(loaded.buildId, await fileBuildId(host, loaded.path), relay);
      assert.equal(executable?.buildId, await fileBuildId(host, '/usr/bin/tor'));
    }
    assert.equal(processOf(facts, 'missing').preload, `${libraries}/libmissing.so.1`);
    assert.equal(processOf(facts, 'glibc').preload, undefined);
    const { package: owner } = processOf(facts, 'jemalloc').allocator;
    assert.deepEqual(owner, {
      name: 'libjemalloc2',
      version: await sh(host, "dpkg-query -W -f='$" + "{Version}' libjemalloc2"),
    });
  });

  all('tell what runs from what lies there, after a library was replaced and after it was deleted', async (host) => {
    const jemalloc = await fileBuildId(host, `${libraries}/libjemalloc.so.2`);
    const mimallocPath = await sh(host, `readlink -f ${libraries}/libmimalloc.so.?`);
    await sh(host, `cp "$1" ${own}.new && mv ${own}.new ${own}`, mimallocPath);
    const replaced = await readFacts(factsHost(host));
    const running = processOf(replaced, 'deleted');
    assert.deepEqual(
      [running.allocator.allocator, running.allocator.path, running.allocator.buildId, running.allocatorReplaced],
      ['jemalloc', own, jemalloc, true],
    );
    const lying = replaced.libraries.find(({ path }) => path === own);
    assert.deepEqual([lying?.allocator, lying?.buildId], ['mimalloc', await fileBuildId(host, mimallocPath)]);

    await sh(host, `rm ${own}`);
    const deleted = await readFacts(factsHost(host));
    assert.equal(processOf(deleted, 'deleted').allocator.buildId, jemalloc);
    assert.equal(processOf(deleted, 'deleted').allocatorReplaced, true);
    assert.equal(
      deleted.libraries.some(({ path }) => path === own),
      false,
    );
  });

  all('hold every torrc with what it includes, byte for byte', async (host) => {
    const { torrc, defaultsTorrc } = instanceOf(await readFacts(factsHost(host)), 'glibc');
    assert.deepEqual(
      torrc.map(({ path }) => path),
      ['/etc/tor/instances/glibc/torrc', '/etc/tor/torrc.d/10-contact', '/etc/tor/torrc.d/folder/log'],
    );
    for (const file of [...torrc, ...(defaultsTorrc === undefined ? [] : [defaultsTorrc])]) {
      assert.equal(await sh(host, 'sha256sum <"$1"', file.path), `${file.sha256}  -`);
      assert.equal(createHash('sha256').update(file.text).digest('hex'), file.sha256);
      assert.equal(
        await sh(host, 'stat -c \'%a %U %G\' "$1"', file.path),
        `${file.mode.toString(8)} ${file.owner} ${file.group}`,
      );
    }
    assert.equal(defaultsTorrc?.path, '/run/tor-instances/glibc.defaults');
  });

  all('hold identity, paths and figures of each relay', async (host) => {
    const facts = await readFacts(factsHost(host));
    const { nickname, fingerprint, dataDirectory, controlSocket, unitFileState } = instanceOf(facts, 'mimalloc');
    assert.equal(await sh(host, 'cat /var/lib/tor-instances/mimalloc/fingerprint'), `${nickname} ${fingerprint}`);
    assert.equal(dataDirectory, '/var/lib/tor-instances/mimalloc');
    assert.equal(await sh(host, 'test -S "$1" && echo socket', controlSocket ?? ''), 'socket');
    assert.match(unitFileState, /^enabled/);
    const { pid, startTicks, threads, memory } = processOf(facts, 'mimalloc');
    assert.equal(await sh(host, 'cut -d " " -f 22 "/proc/$1/stat"', String(pid)), String(startTicks));
    assert.ok(threads >= 1);
    assert.ok(
      memory.anonymousBytes > 0 && memory.pssBytes >= memory.anonymousBytes && memory.rssBytes >= memory.pssBytes,
    );
    assert.ok(memory.peakRssBytes >= memory.rssBytes);
  });

  all('hold the system: distribution, boot, packages with holds, timers, cron', async (host, suite) => {
    await sh(host, 'apt-mark hold libjemalloc2 >/dev/null; printf "17 3 * * * root true\\n" >/etc/cron.d/nightly');
    await sh(
      host,
      'printf "[Timer]\\nOnCalendar=daily\\n" >"$1@.timer"; printf "[Service]\\nExecStart=true\\n" >"$1@.service"; systemctl daemon-reload; systemctl start tor-restart@glibc.timer',
      '/etc/systemd/system/tor-restart',
    );
    const facts = await readFacts(factsHost(host));
    assert.deepEqual([facts.os.id, facts.os.versionId], ['debian', suite === 'bookworm' ? '12' : '13']);
    assert.equal(facts.bootId, await sh(host, 'cat /proc/sys/kernel/random/boot_id'));
    assert.match(await sh(host, 'tor --version'), new RegExp(`^Tor version ${facts.torVersion}\\.\\n`));
    assert.equal(facts.packages.find((found) => found.name === 'libjemalloc2')?.held, true);
    assert.equal(facts.packages.find((found) => found.name === 'tor')?.held, false);
    assert.ok(
      facts.disks.some(({ mount, totalBytes, availableBytes }) => mount === '/' && availableBytes <= totalBytes),
    );
    assert.deepEqual(
      facts.timers.filter(({ unit }) => unit.startsWith('tor-restart')),
      [
        { unit: 'tor-restart@.timer', unitFileState: 'static' },
        {
          unit: 'tor-restart@glibc.timer',
          activates: 'tor-restart@glibc.service',
          activeState: 'active',
          unitFileState: 'static',
          path: '/etc/systemd/system/tor-restart@.timer',
        },
      ],
    );
    assert.deepEqual(
      facts.cron.filter(({ path }) => path.startsWith('/etc/cron.d/n')),
      [{ path: '/etc/cron.d/nightly', user: 'root', line: 1, text: '17 3 * * * root true' }],
    );
  });

  all('see a drop-in that systemd has not loaded yet, and a restart by systemd', async (host) => {
    await writeDropIn(host, 'jemalloc', '60-later.conf', '[Service]\nEnvironment="NOTE=two words"\n');
    const before = instanceOf(await readFacts(factsHost(host)), 'jemalloc');
    assert.equal(before.needDaemonReload, true);
    assert.equal(before.environment.NOTE, undefined);
    assert.deepEqual(
      before.dropIns.map(({ path }) => path.split('/').at(-1)),
      ['50-allocator.conf', '60-later.conf'],
    );

    await sh(host, 'systemctl daemon-reload; systemctl kill --kill-whom=main --signal=KILL tor@jemalloc.service');
    await sh(host, 'until [ "$(systemctl show -P NRestarts tor@jemalloc.service)" != 0 ]; do sleep 0.1; done');
    await sh(host, 'systemctl start tor@jemalloc.service');
    const later = instanceOf(await readFacts(factsHost(host)), 'jemalloc');
    assert.deepEqual([later.needDaemonReload, later.environment.NOTE, later.restarts], [false, 'two words', 1]);
    assert.notEqual(later.mainPid, before.mainPid);
    assert.ok(
      later.activeEnterMonotonicUs > before.activeEnterMonotonicUs && later.activeEnterMs > before.activeEnterMs,
    );
  });

  all('look at a library that is asked for by its path, and at nothing that is no library', async (host) => {
    await sh(
      host,
      `mkdir -p /srv/lib && cp ${libraries}/libjemalloc.so.2 /srv/lib/fast && echo secret >/srv/closed/text`,
    );
    const { libraries: found } = await readFacts(factsHost(host), {
      libraries: ['/srv/lib/fast', '/srv/closed/text', '/nowhere'],
    });
    assert.deepEqual(
      found.filter(({ path }) => !path.startsWith('/usr/')),
      [{ allocator: 'jemalloc', path: '/srv/lib/fast', buildId: await fileBuildId(host, '/srv/lib/fast') }],
    );
  });

  all('never hold a key, and no file that a torrc names but not everybody may read', async (host) => {
    const torrc = '/etc/tor/instances/missing/torrc';
    const names = [
      '/var/lib/tor-instances/missing/keys/secret_id_key',
      '/etc/tor/../shadow',
      '/etc/tor/shadow.conf',
      '/srv/closed/extra',
      '/srv/closed/text',
    ];
    await sh(
      host,
      'ln -sf /etc/shadow /etc/tor/shadow.conf; echo OnlyForRoot >/srv/closed/extra; echo OnlyForRoot >/srv/closed/text',
    );
    for (const path of names) await sh(host, 'echo "%include $2" >>"$1"', torrc, path);
    let output: Buffer = Buffer.alloc(0);
    const facts = await readFacts(
      factsHost(host, (bytes) => {
        output = bytes;
      }),
    );
    const instance = instanceOf(facts, 'missing');
    assert.deepEqual(
      instance.torrc.map(({ path }) => path),
      [torrc],
    );
    assert.deepEqual(instance.withheldIncludes, names);
    const shadow = await sh(host, 'head -n 1 /etc/shadow');
    for (const secret of ['PRIVATE KEY', 'ed25519v1-secret', 'OnlyForRoot', shadow])
      assert.equal(output.includes(secret), false, `${secret.slice(0, 12)} is in the output`);
    // The reading must have been able to find it, or this test proves nothing.
    assert.match(await sh(host, 'cat "$1"', names[0] ?? ''), /PRIVATE KEY/);
  });

  all('change nothing on the host', async (host) => {
    const listing = `find /etc /usr/local /srv /var/lib/tor-instances /var/lib/dpkg /var/spool /run/tor-instances \\
      -path '*/state*' -prune -o -printf '%p %y %m %U %G %s %T@ %C@ %l\\n' | sort
      systemctl list-units --all --no-legend --plain 'tor*' | awk '{ print $1, $2, $3, $4 }'
      systemctl show --property=MainPID,NRestarts,ActiveEnterTimestampMonotonic 'tor@*'`;
    // Its control socket is the last that a tor makes when it has started: one did in a test before.
    const listens =
      'for name; do until ss -lxH | grep -q " /run/tor-instances/$name/control "; do sleep 0.1; done; done';
    await sh(host, listens, ...Object.keys(preloads('')));
    const before = await sh(host, listing);
    await readFacts(factsHost(host));
    assert.equal(await sh(host, listing), before);
  });
});
