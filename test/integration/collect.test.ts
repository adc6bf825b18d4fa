// Samples of real relays: true against /proc as read by other means, of one instant, with proof of what is loaded; gaps where a
// host is away; and a timer of systemd that takes them by itself.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { execOnHost, onHost, tryExecOnHost } from '@tearless/lab/hosts/exec.ts';
import { startSsh, stopSsh } from '@tearless/lab/hosts/faults.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays, startRelays } from '@tearless/lab/hosts/relays.ts';
import type { Suite } from '@tearless/lab/hosts/rootfs/recipe.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { loadMeasurements } from 'tearless/experiments/load/load-measurements.ts';
import type { FigureName, Measurements } from 'tearless/experiments/model/measurements.ts';
import { helperScripts } from 'tearless/facts/helper-scripts.ts';
import { enrolHost } from 'tearless/host/enrol/enrol-host.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import { SshTransport } from 'tearless/host/ssh/ssh-transport.ts';
import { openStore } from 'tearless/store/store.ts';
import { runIn } from '../cli/harness.ts';

const skip = hostsUnavailableReason() ?? false;
/** The short form takes the older system, the long one both. */
const suites: readonly Suite[] = process.env.TEARLESS_SOAK === '1' ? ['bookworm', 'trixie'] : ['bookworm'];
const libraries = '/usr/lib/x86_64-linux-gnu';
const repository = new URL('../../', import.meta.url).pathname;

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

/** The last one names a port where another program listens. */
const torrcs: Readonly<Record<string, string>> = {
  glibc: `${shared(9101)}MetricsPort 127.0.0.1:9201\nMetricsPortPolicy accept 127.0.0.1\n`,
  mimalloc: `${shared(9102)}%include /etc/tor/torrc.d/metrics\nMetricsPortPolicy accept 127.0.0.1\n`,
  jemalloc: shared(9103),
  taken: shared(9104),
};
const names = Object.keys(torrcs).sort();

const sh = async (host: LabHost, script: string, ...args: string[]): Promise<string> =>
  (await execOnHost(host, ['bash', '-euc', script, 'bash', ...args])).trimEnd();

const bytesFrom = (host: LabHost, argv: readonly string[]): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const [file = '', ...args] = onHost(host, argv);
    const child = spawn(file, args, {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`exit code ${code}`)),
    );
  });

/** libmimalloc.so.2 or .3. */
const mimallocOf = (host: LabHost): Promise<string> => sh(host, `ls ${libraries}/libmimalloc.so.?`);

/** What /proc says of a relay, by the ordinary tools. */
const readByHand = async (host: LabHost, name: string): Promise<Readonly<Record<string, number>>> => {
  const text = await sh(
    host,
    `pid=$(systemctl show -p MainPID --value "tor@$1.service")
    awk '/^Vm(RSS|Size|HWM|Swap):/ { sub(":", "", $1); print $1, $2 }' "/proc/$pid/status"
    awk '/^(Anonymous|Private_Dirty):/ { sub(":", "", $1); print $1, $2 }' "/proc/$pid/smaps_rollup"
    sed 's/.*) //' "/proc/$pid/stat" | awk '{ print "threads", $18; print "majflt", $10; print "ticks", $20 }'
    awk '/^btime/ { print }' /proc/stat`,
    name,
  );
  return Object.fromEntries(
    text.split('\n').map((line): [string, number] => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
  );
};

const metricsByHand = (host: LabHost, port: number): Promise<string> =>
  sh(
    host,
    `exec 3<>"/dev/tcp/127.0.0.1/$1"; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3
    while IFS= read -r line <&3; do
      case $line in Content-Length:*) bytes=$\{line#*: }; bytes=$\{bytes%?} ;; ?) break ;; esac
    done
    head -c "$bytes" <&3`,
    String(port),
  );

const sumOf = (metrics: string, series: RegExp): number =>
  metrics
    .split('\n')
    .filter((line) => series.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

const prepare = async (host: LabHost): Promise<void> => {
  await sh(host, 'mkdir -p /etc/tor/torrc.d && printf "MetricsPort 9202\\n" >/etc/tor/torrc.d/metrics');
  await addRelays(
    host,
    names.map((name) => ({ name, torrc: `Nickname ${name}Relay\n${torrcs[name]}` })),
  );
  const mimalloc = await mimallocOf(host);
  const preloads = { mimalloc, jemalloc: `${libraries}/libjemalloc.so.2` };
  for (const [name, library] of Object.entries(preloads))
    await sh(
      host,
      'mkdir -p "$1" && printf "[Service]\\nEnvironment=LD_PRELOAD=%s\\n" "$2" >"$1/50-allocator.conf"',
      `/etc/systemd/system/tor@${name}.service.d`,
      library,
    );
  await sh(host, 'systemctl daemon-reload');
  await startRelays(host, names);
  // Written after it started: the port is of somebody who is neither the relay nor root.
  await sh(
    host,
    `systemd-run -q --uid=nobody --unit=squatter perl -MIO::Socket::INET -e '
      my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1:9204") or die; sleep 600'
    printf 'MetricsPort 127.0.0.1:9204\\n' >>/etc/tor/instances/taken/torrc`,
  );
  await waitFor(async () => (await tryExecOnHost(host, ['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/9204'])).code === 0, {
    what: 'the other program to listen',
    timeoutMs: 180_000,
  });
};

const describeSuite = (suite: Suite): void => {
  describe(`collecting from real relays on Debian ${suite}`, { skip, timeout: 30 * 60_000 }, () => {
    const lab = `collect-${suite}-${process.pid}`;
    let host: LabHost;
    let home: string;

    const collect = (...words: string[]) =>
      runIn(home, ['collect', ...words], { HOME: home, PATH: process.env.PATH ?? '' });
    const load = async (id: string): Promise<Measurements> => {
      await using store = await openStore(join(home, '.local/state/tearless/state.db'));
      return await loadMeasurements(store, id);
    };
    const indexOf = ({ relays }: Measurements, id: string): number => {
      const index = relays.findIndex((relay) => relay.id === id);
      assert.notEqual(index, -1, `no relay ${id}`);
      return index;
    };

    before(async () => {
      home = await mkdtemp(join(tmpdir(), 'tearless-collect-'));
      const [made] = await createHosts({
        lab: await claimLab(lab),
        hosts: [{ name: 'one', suite, diskBytes: 2 ** 30 }],
      });
      assert.ok(made);
      host = made;
      await prepare(host);
      const { config, identity } = sshPaths(lab);
      const wayIn = new SshTransport('one', { host: 'one', user: 'root', configFile: config });
      try {
        await enrolHost({
          wayIn,
          publicKey: await readFile(`${identity}.pub`, 'utf8'),
          helper: renderHelper(helperScripts),
        });
      } finally {
        await wayIn.close();
      }
      await writeFile(
        join(home, 'tearless.yaml'),
        `version: 1
fleet: sampled
network: lab
sshConfig: ${config}
hosts:
  one: {}
  away: { address: 127.0.0.1, port: 1 }
relays: [${names.map((name) => `one/${name}`).join(', ')}, one/missing, away/a]
`,
      );
    });
    after(async () => {
      await dropLab(lab);
      await rm(home, { recursive: true, force: true });
    });

    test('samples are what /proc says, all of one instant, through the helper of an ordinary login', async () => {
      const unproved = new Set(names);
      for (let attempt = 1; unproved.size > 0; attempt += 1) {
        assert.ok(attempt <= 40, `${[...unproved].join()} never stood still`);
        const earlier = await Promise.all(names.map((name) => readByHand(host, name)));
        const { exitCode, stderr } = await collect('--limit', 'host=one');
        assert.equal(exitCode, 0, stderr);
        const later = await Promise.all(names.map((name) => readByHand(host, name)));
        const measurements = await load('sampled');
        const instants = new Set<number>();
        for (const [place, name] of names.entries()) {
          const samples = measurements.samples[indexOf(measurements, `one/${name}`)];
          const truth = earlier[place] ?? {};
          assert.ok(samples);
          instants.add(samples.atMs.at(-1) ?? 0);
          // Tor allocates now and then: only a sample between two equal readings can be compared.
          if (JSON.stringify(truth) !== JSON.stringify(later[place])) continue;
          unproved.delete(name);
          const figure = (figureName: FigureName) => samples.figures.get(figureName)?.at(-1);
          assert.deepEqual(
            {
              VmRSS: samples.rssKib.at(-1),
              VmSize: samples.virtualKib.at(-1),
              VmHWM: samples.peakKib.at(-1),
              Anonymous: (figure('anonymousBytes') ?? 0) / 1024,
              Private_Dirty: (figure('privateDirtyBytes') ?? 0) / 1024,
              threads: figure('threads'),
              majflt: figure('majorFaults'),
              startedMs: figure('startedMs'),
            },
            {
              VmRSS: truth.VmRSS,
              VmSize: truth.VmSize,
              VmHWM: truth.VmHWM,
              Anonymous: truth.Anonymous,
              Private_Dirty: truth.Private_Dirty,
              threads: truth.threads,
              majflt: truth.majflt,
              startedMs: (truth.btime ?? 0) * 1000 + (truth.ticks ?? 0) * 10,
            },
            name,
          );
          // Its share of what it shares: others come and go.
          const pssKib = (figure('pssBytes') ?? 0) / 1024;
          assert.ok(pssKib > (truth.Private_Dirty ?? 0) && pssKib < (truth.VmRSS ?? 0), `${name}: ${pssKib} KiB`);
        }
        assert.equal(instants.size, 1, 'all relays of the host have one instant');
      }
    });

    test('each sample proves its allocator by the build-id of the file, and names the relay by its key', async () => {
      const measurements = await load('sampled');
      const files: Readonly<Record<string, string>> = {
        glibc: `${libraries}/libc.so.6`,
        mimalloc: await sh(host, 'readlink -f "$1"', await mimallocOf(host)),
        jemalloc: `${libraries}/libjemalloc.so.2`,
      };
      for (const [name, path] of Object.entries(files)) {
        const index = indexOf(measurements, `one/${name}`);
        const proof = measurements.proofs[measurements.samples[index]?.proof.at(-1) ?? -1];
        assert.equal(proof?.allocator, name);
        assert.equal(proof.path, path);
        assert.equal(proof.buildId, findBuildId(await bytesFrom(host, ['cat', path])));
        const owner = await sh(
          host,
          `dpkg-query -W -f='\${Version}' "$(dpkg-query -S "*$1" | head -1 | cut -d: -f1)"`,
          path.split('/').at(-1) ?? '',
        );
        assert.equal(proof.version, owner);
        const [nickname, fingerprint] = (await sh(host, `cat /var/lib/tor-instances/${name}/fingerprint`)).split(' ');
        assert.deepEqual(
          [measurements.relays[index]?.nickname, measurements.relays[index]?.fingerprint],
          [nickname, fingerprint],
        );
      }
    });

    test('the MetricsPort is asked in the same round trip, also where an included file names it; nobody else’s port is', async () => {
      const ports = { glibc: 9201, mimalloc: 9202 };
      const byHand = () =>
        Promise.all(
          Object.values(ports).map(async (port) => {
            const metrics = await metricsByHand(host, port);
            assert.match(metrics, /tor_relay_load_oom_bytes_total/);
            return {
              oomBytes: sumOf(metrics, /^tor_relay_load_oom_bytes_total/),
              onionskins: sumOf(metrics, /^tor_relay_load_onionskins_total\{.*processed/),
              onionskinsDropped: sumOf(metrics, /^tor_relay_load_onionskins_total\{.*dropped/),
              connections: sumOf(metrics, /^tor_relay_connections\{type="(OR|Exit|Directory|Socks)",.*state="opened"/),
            };
          }),
        );
      type Figures = Awaited<ReturnType<typeof byHand>>[number];
      const sampled = async (name: string, wanted: Figures | undefined) => {
        const measurements = await load('sampled');
        const figures = measurements.samples[indexOf(measurements, `one/${name}`)]?.figures;
        return Object.fromEntries(
          Object.keys(wanted ?? {}).map((figure) => [figure, figures?.get(figure as FigureName)?.at(-1)]),
        );
      };
      // A relay tries now and then to reach its authority, also between two readings that are equal: each sample is another try.
      for (let attempt = 1; ; attempt += 1) {
        const earlier = await byHand();
        const { exitCode, stdout } = await collect('--limit', 'host=one', '--json');
        assert.equal(exitCode, 0);
        const [{ silent, stopped }] = JSON.parse(stdout).hosts;
        assert.deepEqual(silent, [{ instance: 'taken', reason: 'somebody else listens there' }]);
        assert.deepEqual(stopped, ['missing']);
        const said = await byHand();
        const seen = await Promise.all(Object.keys(ports).map((name, place) => sampled(name, said[place])));
        if (isDeepStrictEqual(said, earlier) && isDeepStrictEqual(seen, said)) break;
        if (attempt < 40) continue;
        assert.deepEqual(seen, said);
        assert.fail('the relays never stood still');
      }
      const measurements = await load('sampled');
      for (const name of Object.keys(ports)) {
        const figures = measurements.samples[indexOf(measurements, `one/${name}`)]?.figures;
        const last = (figure: FigureName) => figures?.get(figure)?.at(-1);
        assert.ok((last('readBytes') ?? -1) >= 0 && (last('writtenBytes') ?? -1) >= 0);
        assert.deepEqual(measurements.flags[indexOf(measurements, `one/${name}`)]?.at(-1)?.flags, []);
      }
      assert.ok(
        Number.isNaN(measurements.samples[indexOf(measurements, 'one/jemalloc')]?.figures.get('oomBytes')?.at(-1)),
      );
    });

    test('a host that is away is a gap, the other is kept, and the exit code is 4', async () => {
      const former = (await load('sampled')).snapshots.length;
      const { exitCode, stdout } = await collect();
      assert.equal(exitCode, 4);
      assert.match(stdout, /away: not collected, a gap is recorded: /);
      const measurements = await load('sampled');
      assert.equal(measurements.snapshots.length, former + 1);
      assert.deepEqual(
        measurements.gaps.map((gap) => gap.host),
        ['away'],
      );
    });

    test('running on survives a host that goes away and comes back, and ends at the first interrupt', async () => {
      const child = spawn(join(repository, 'tearless'), ['collect', '--limit', 'host=one', '--every', '2s', '--json'], {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: home },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      try {
        const planned: string[] = [];
        let stage = 0;
        for await (const line of createInterface(child.stdout)) {
          const { hosts, gaps, plannedAt } = JSON.parse(line);
          planned.push(plannedAt);
          if (stage === 0 && hosts.length === 1 && planned.length > 1) {
            stage = 1;
            await stopSsh(host);
          } else if (stage === 1 && gaps.length === 1) {
            stage = 2;
            await startSsh(host);
          } else if (stage === 2 && hosts.length === 1) {
            stage = 3;
            child.kill('SIGINT');
          }
        }
        assert.equal(stage, 3);
        assert.deepEqual(await ended, [0, null]);
        // The first is at once; all others are whole multiples of the interval, none twice.
        assert.ok(planned.slice(1).every((at) => Date.parse(at) % 2000 === 0));
        assert.equal(new Set(planned).size, planned.length);
      } finally {
        child.kill('SIGKILL');
        await tryExecOnHost(host, ['systemctl', 'start', 'ssh.service']);
      }
    });

    test('rows for older tools are appended to a private file', async () => {
      const path = join(home, 'memory_measurements.csv');
      for (let round = 0; round < 2; round += 1)
        assert.equal((await collect('--limit', 'host=one', '--csv', path)).exitCode, 0);
      const [header, ...rows] = (await readFile(path, 'utf8')).trimEnd().split('\n');
      assert.match(header ?? '', /^timestamp,server,type,fingerprint,nickname,group,rss_kb,/);
      assert.equal(rows.length, 2 * (1 + names.length));
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      await writeFile(path, 'timestamp,rss\n');
      const refused = await collect('--limit', 'host=one', '--csv', path);
      assert.equal(refused.exitCode, 5);
      assert.match(refused.stderr, /begins with other columns/);
      assert.equal(await readFile(path, 'utf8'), 'timestamp,rss\n');
    });

    test('a timer of systemd collects by itself until it is removed, and a unit that was changed stays', async () => {
      const packed = spawn('tar', [
        'cf',
        '-',
        '-C',
        repository,
        ...['@biomejs', '@resvg', '@types', '@typescript', 'typescript', 'fast-check'].map(
          (name) => `--exclude=node_modules/${name}`,
        ),
        'packages',
        'node_modules',
        'tearless',
      ]);
      const [file = '', ...args] = onHost(host, ['sh', '-c', 'mkdir /opt/tearless && tar xf - -C /opt/tearless']);
      const unpacked = spawn(file, args, {
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      packed.stdout.pipe(unpacked.stdin);
      assert.equal(await new Promise((resolve) => unpacked.once('close', resolve)), 0);
      await execOnHost(host, ['sh', '-c', 'mkdir /root/fleet && cat >/root/fleet/tearless.yaml'], {
        input: `version: 1\nfleet: self\nhosts:\n  here: { local: true }\nrelays: [here/glibc, here/jemalloc]\n`,
      });
      const tearless = (...words: string[]) =>
        tryExecOnHost(host, [
          'sh',
          '-c',
          'cd /root/fleet && HOME=/root exec /opt/tearless/tearless "$@"',
          'sh',
          ...words,
        ]);
      const install = ['collect', '--install-timer', '--every', '5s', '--csv', '/root/fleet/m.csv', '--yes'];
      const installed = await tearless(...install);
      assert.equal(installed.code, 0, installed.stderr);
      assert.match(installed.stderr, /\+ \/etc\/systemd\/system\/tearless-collect-self\.timer/);
      assert.equal(await sh(host, 'systemctl is-enabled tearless-collect-self.timer'), 'enabled');
      await waitFor(
        async () => Number((await tryExecOnHost(host, ['grep', '-c', 'aggregate', '/root/fleet/m.csv'])).stdout) >= 2,
        { what: 'two collections', timeoutMs: 10 * 60_000, intervalMs: 500 },
      );
      const stamps = (await sh(host, 'grep aggregate /root/fleet/m.csv | cut -d, -f1 | sort | uniq -d')).trim();
      assert.equal(stamps, '', 'no instant stands twice');

      const unit = '/etc/systemd/system/tearless-collect-self.service';
      await sh(host, 'cp "$1" /root/unit && echo "# mine" >>"$1"', unit);
      const refused = await tearless('collect', '--remove-timer', '--yes');
      assert.equal(refused.code, 5, refused.stderr);
      assert.match(refused.stderr, /is not as Tearless wrote it/);
      await sh(host, 'cp /root/unit "$1"', unit);
      const removed = await tearless('collect', '--remove-timer', '--yes');
      assert.equal(removed.code, 0, removed.stderr);
      assert.equal(await sh(host, 'ls /etc/systemd/system | grep tearless-collect || true'), '');
      assert.equal(await sh(host, 'systemctl list-timers --all --no-legend "tearless-*"'), '');
      const again = await tearless('collect', '--remove-timer', '--yes');
      assert.equal(again.code, 0);
      assert.match(again.stdout, /there is no tearless-collect-self\.timer/);
    });
  });
};

for (const suite of suites) describeSuite(suite);
