// A helper beside a real tor on a real host: what the balancer hears of it when tor, the service behind, sshd or the cable fail,
// and what somebody can do there who has stolen the balancer's key.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import { cutHost, healHost, killSsh, startSsh, stopSsh } from '@tearless/lab/hosts/faults.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { type SiteLab, type SiteTor, startSiteLab } from '@tearless/lab/site/site-lab.ts';
import type { DecodedDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { parseConsensus } from '@tearless/tor/netdoc/consensus.ts';
import { parseOnionAddress } from '@tearless/tor/onion/address.ts';
import { encodeKeyFiles } from '@tearless/tor/onion/key-files.ts';
import { planOnionSchedule } from '@tearless/tor/onion/schedule.ts';
import { expandSeed } from '@tearless/tor/onion/secret-key.ts';
import { reveal } from '@tearless/tor/sensitive.ts';
import type { WayToTor } from 'tearless/balance/helper/worker-helper.ts';
import { fetchDescriptor } from 'tearless/balance/learn/fetch-descriptor.ts';
import { pointKey } from 'tearless/balance/model/layout.ts';
import { wayToWorkers } from 'tearless/cli/core/balance/worker-ways.ts';
import { createHosts } from 'tearless/cli/core/hosts.ts';
import { statePaths } from 'tearless/cli/core/state-paths.ts';
import { parseConfig } from 'tearless/config/parse.ts';
import { enrolHost, unenrolHost } from 'tearless/host/enrol/enrol-host.ts';
import { defaultWatcher } from 'tearless/host/enrol/watch-host.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import { LocalTransport } from 'tearless/host/local/local-transport.ts';
import { RemoteHost } from 'tearless/host/remote-host.ts';
import { ensureLoginKey } from 'tearless/host/ssh/login-key.ts';
import { createOnionDoor } from 'tearless/host/ssh/onion-door.ts';
import { SshTransport } from 'tearless/host/ssh/ssh-transport.ts';
import { openDescriptor } from './support/open-descriptor.ts';
import {
  isDescriptor,
  isDown,
  isDownFor,
  isLost,
  isUp,
  type Listener,
  listen,
  port,
  stopListeners,
  waitMs,
} from './worker-helper/listen.ts';
import { describeStolenKey } from './worker-helper/stolen-key.ts';

const unavailable = hostsUnavailableReason();
const launcher = new URL('../../tearless', import.meta.url).pathname;
const helper = renderHelper({ factsScript: ':' });

describe('a helper beside a worker’s tor', unavailable === undefined ? {} : { skip: unavailable }, () => {
  const name = `helper-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'tearless-helper-'));
  const env = { ...process.env, XDG_STATE_HOME: folder };
  const state = statePaths({ env, home: folder });
  const identityFile = state.balancerIdentity;
  const addresses = new Map<string, string>();
  let lab: SiteLab;
  let publicKey: string;
  let worker: SiteTor;
  let address: string;
  let listener: Listener | undefined;

  const asRoot = (): SshTransport =>
    new SshTransport('h1', { host: 'h1', user: 'root', configFile: sshPaths(name).config });
  const withRoot = async <T>(act: (wayIn: SshTransport) => Promise<T>): Promise<T> => {
    const wayIn = asRoot();
    try {
      return await act(wayIn);
    } finally {
      await wayIn.close();
    }
  };
  /** Declares these workers, all of them on the one host. */
  const declare = (instances: readonly string[]): string => {
    const workers = instances.map(
      (one) => `      ${one}: { host: h1, instance: ${one}, address: ${addresses.get(one)} }\n`,
    );
    const path = join(folder, 'tearless.yaml');
    const text = `version: 1
fleet: lab
network: lab
sshConfig: ${sshPaths(name).config}
hosts: { h1: {} }
relays: []
onions:
  site:
    key: frontend.key
    ports: [${port} 127.0.0.1:8001]
    workers:
${workers.join('')}`;
    writeFileSync(path, text);
    return path;
  };
  const tearless = (...words: string[]) => {
    const { stdout, stderr, status } = spawnSync(launcher, ['balance', 'helper', ...words, '--yes', '--json'], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr + stdout);
    const [host] = JSON.parse(stdout).hosts;
    return host.changed as string[];
  };
  /** As `balance run` finds it. */
  const door = (): WayToTor => {
    const path = declare(['w1', 'w2']);
    const config = parseConfig(readFileSync(path, 'utf8'), path);
    return wayToWorkers({ config, file: { path }, hosts: createHosts(config, { path }, state), state }, 'h1');
  };
  const onHost = (script: string): Promise<string> => execOnHost(worker.host, ['sh', '-euc', script]);
  /** A service on this tor whose descriptor nobody but the helper sees. */
  const addService = async ({ instance, host, backendPort }: SiteTor): Promise<string> => {
    const files = encodeKeyFiles(expandSeed(new Uint8Array(randomBytes(32))));
    const encoded = Buffer.from(reveal(files.hs_ed25519_secret_key)).toString('base64');
    const directory = `/var/lib/tor-instances/${instance}/site`;
    const script = `install -d -m 700 -o _tor-${instance} -g _tor-${instance} ${directory}
umask 077
base64 -d >${directory}/hs_ed25519_secret_key
chown _tor-${instance}: ${directory}/hs_ed25519_secret_key
cat >>/etc/tor/instances/${instance}/torrc <<TORRC
HiddenServiceDir ${directory}
HiddenServicePort ${port} 127.0.0.1:${backendPort}
PublishHidServDescriptors 0
TORRC
systemctl restart tor@${instance}`;
    await execOnHost(host, ['sh', '-euc', script], { input: encoded });
    return files.hostname.trim();
  };
  /** Opens a text with the keys of the periods that there are descriptors of; undefined when it is of none of them. */
  const open = async (text: string): Promise<DecodedDescriptor | undefined> => {
    const [authority] = lab.network.withRole('authority');
    assert.ok(authority !== undefined);
    const control = await authority.control;
    const consensus = parseConsensus(await control.getInfo('dir/status-vote/current/consensus-microdesc'));
    return openDescriptor(text, parseOnionAddress(address), planOnionSchedule(consensus, { isTestNetwork: true }));
  };
  /** The next descriptor. A tor that has just started may go by an old consensus until it has the new one. */
  const nextDescriptor = async (): Promise<DecodedDescriptor> => {
    for (;;) {
      const heard = await heardOf().until(isDescriptor);
      const opened = heard.kind === 'descriptor' ? await open(heard.text) : undefined;
      if (opened !== undefined) return opened;
    }
  };

  before(async () => {
    lab = await startSiteLab({ name, hosts: 1, torsPerHost: 2, relays: 4, clients: 1 });
    const [first] = lab.tors;
    assert.ok(first !== undefined);
    worker = first;
    for (const tor of lab.tors) addresses.set(tor.instance, await addService(tor));
    address = addresses.get('w1') ?? '';
    declare(['w1']);
    const changed = tearless('enrol');
    assert.deepEqual(
      changed.map((line) => line.split(' ')[0]),
      ['added', 'let', 'installed', 'wrote'],
    );
    publicKey = await ensureLoginKey(identityFile);
    listener = listen(door(), 'w1', address);
  });
  after(async () => {
    await stopListeners().finally(() => dropLab(name));
    rmSync(folder, { recursive: true, force: true });
  });
  const heardOf = (): Listener => {
    assert.ok(listener !== undefined);
    return listener;
  };

  let points = new Set<string>();
  test('the descriptor comes over although no directory has it', async () => {
    const { inner, refused } = await nextDescriptor();
    assert.deepEqual(refused, []);
    assert.notEqual(inner.introPoints.length, 0);
    points = new Set(inner.introPoints.map(pointKey));
    const [client] = lab.network.withRole('client');
    assert.ok(client !== undefined);
    const control = await client.control;
    for (const { fingerprint = '' } of lab.network.withRole('relay')) {
      // One that was not reached has not said that it has none.
      const answer = async (): Promise<string | undefined> => {
        const fetching = fetchDescriptor(control, {
          address,
          directory: fingerprint,
          signal: AbortSignal.timeout(waitMs),
        });
        try {
          return await fetching;
        } catch (error) {
          return /NOT_FOUND|QUERY_NO_HSDIR/.exec(String(error))?.[0];
        }
      };
      const said = await waitFor(answer, { what: 'an answer', timeoutMs: waitMs });
      assert.match(said, /^(NOT_FOUND|QUERY_NO_HSDIR)$/, fingerprint);
    }
  });

  test('tor that is killed is down at once, and there again with other introduction points', async () => {
    await onHost('systemctl kill --signal=KILL tor@w1');
    await heardOf().until(isDownFor(/its tor has ended/));
    const { inner } = await nextDescriptor();
    assert.ok(inner.introPoints.every((point) => !points.has(pointKey(point))));
  });

  test('tor that is stopped stays down, with the reason, until it is started', async () => {
    await onHost('systemctl stop tor@w1');
    await heardOf().until(isDownFor(/its tor does not run/));
    await onHost('systemctl start tor@w1');
    await heardOf().until(isUp);
  });

  test('an introduction circuit that closes is told at once, without its path', async () => {
    const stream = await door().open(
      { kind: 'onion', instance: 'w1', onionAddress: address, port },
      { signal: AbortSignal.timeout(waitMs) },
    );
    stream.write('SETEVENTS CIRC CIRC_MINOR\r\n');
    const lines = createInterface({ input: stream })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => {
      const { value, done } = await lines.next();
      assert.ok(done !== true, 'the connection has ended');
      return value;
    };
    /** Circuits come and go in the meantime. */
    const nextAbout = async (begin: RegExp): Promise<string> => {
      for (;;) {
        const line = await next();
        if (begin.test(line)) return line;
      }
    };
    assert.equal(await next(), '250 OK');
    // As its administrator may: by the control socket itself.
    const closed = (
      await onHost(`perl -MIO::Socket::UNIX -e '
      open my $f, "<:raw", "/run/tor-instances/w1/control.authcookie"; read $f, my $cookie, 32;
      my $s = IO::Socket::UNIX->new(Peer => "/run/tor-instances/w1/control") or die;
      print $s "AUTHENTICATE ", unpack("H*", $cookie), "\\r\\n"; <$s>;
      until ($id) {
        print $s "GETINFO circuit-status\\r\\n";
        while (<$s>) { $id = $1 if /^(\\d+) BUILT .*HSSI_ESTABLISHED/; last if /^250 OK/ }
        select undef, undef, undef, 0.2 unless $id;
      }
      print $s "CLOSECIRCUIT $id\\r\\nQUIT\\r\\n"; 1 while <$s>; print $id'`)
    ).trim();
    const rest = `PURPOSE=HS_SERVICE_INTRO HS_STATE=HSSI_ESTABLISHED REND_QUERY=${address.replace('.onion', '')}`;
    assert.equal(await nextAbout(new RegExp(`^650 CIRC ${closed} `)), `650 CIRC ${closed} CLOSED ${rest}`);
    assert.match(
      await nextAbout(/^650 CIRC_MINOR .*HSSI_ESTABLISHED/),
      new RegExp(`^650 CIRC_MINOR \\d+ PURPOSE_CHANGED ${rest}$`),
    );
    stream.destroy();
  });

  test('the service behind it is down when it takes no connections, and which one is said', async () => {
    await onHost('systemctl stop backend-w1.socket');
    await heardOf().until(isDownFor(new RegExp(`127\\.0\\.0\\.1:${worker.backendPort}.*refused`)));
    await onHost('systemctl start backend-w1.socket');
    await heardOf().until(isUp);
  });

  test('a connection that is cut is lost, not down, and made again', async () => {
    await killSsh(worker.host);
    await heardOf().until(isLost);
    await heardOf().until(isUp);
    await stopSsh(worker.host);
    await heardOf().until(isLost);
    await startSsh(worker.host);
    await heardOf().until(isUp);
  });

  test('a host whose cable is pulled is lost, and found again', async () => {
    await cutHost(worker.host);
    try {
      await heardOf().until(isLost);
    } finally {
      await healHost(worker.host);
    }
    await heardOf().until(isUp);
  });

  test('nothing is left on the host of the connections that are gone', async () => {
    const pipes = async (): Promise<number> => Number((await onHost("pgrep --count --full '^perl -e' || true")).trim());
    await waitFor(async () => (await pipes()) <= 1, {
      what: 'the pipes to end',
      timeoutMs: waitMs,
      intervalMs: 200,
      explain: async () => `${await pipes()} are there`,
    });
  });

  describeStolenKey({
    name,
    identityFile,
    get worker() {
      return worker;
    },
    get address() {
      return address;
    },
    get otherAddress() {
      return addresses.get('w2') ?? '';
    },
  });

  test('let in again, nothing changes; another service is let in beside the first', async () => {
    declare(['w1']);
    assert.deepEqual(tearless('enrol'), []);
    declare(['w1', 'w2']);
    assert.deepEqual(tearless('enrol', 'h1'), [`wrote /etc/sudoers.d/tearless-${defaultWatcher}`]);
    const second = listen(door(), 'w2', addresses.get('w2') ?? '');
    await second.until(isUp);
    await second.stop();
  });

  test('kept out again, the balancer is told why, and the host is as it was', async () => {
    assert.deepEqual(
      tearless('remove', 'h1').map((line) => line.replace(/ \/.*/, '')),
      ['removed', 'removed the user tearless-watch', 'removed', 'removed'],
    );
    await heardOf().until((heard) => heard.kind === 'lost' && /refuses our key/.test(heard.why));
    await heardOf().stop();
    assert.deepEqual(tearless('remove', 'h1'), []);
    const traces = await onHost(
      'ls -d /etc/sudoers.d/tearless* /var/lib/tearless* /usr/local/lib/tearless 2>/dev/null; getent passwd | grep tearless || true',
    ).catch(() => '');
    assert.equal(traces, '');
  });

  test('the login of Tearless itself serves as well where there is one', async () => {
    await withRoot((wayIn) => enrolHost({ wayIn, publicKey, helper }));
    const way = createOnionDoor(
      'h1',
      { host: 'h1', user: 'tearless', identityFile, configFile: sshPaths(name).config },
      { kind: 'login', helper },
    );
    const other = listen(way, 'w1', address);
    await other.until(isUp);
    await other.stop();
    await withRoot((wayIn) => unenrolHost({ wayIn, publicKey, purge: true }));
  });

  test('a login as root carries the helper along', async () => {
    const way = createOnionDoor(
      'h1',
      { host: 'h1', user: 'root', configFile: sshPaths(name).config },
      { kind: 'login', helper },
    );
    const other = listen(way, 'w1', address);
    await other.until(isUp);
    await other.stop();
  });

  test('a worker on the balancer’s own machine is followed without ssh', async () => {
    const [node] = lab.network.withRole('client');
    assert.ok(node !== undefined);
    // Where Debian has the socket and the cookie of an instance, below a directory that stands in for the machine's root.
    const place = join(folder, 'root');
    const instance = join(place, 'run/tor-instances/mine');
    mkdirSync(instance, { recursive: true });
    symlinkSync(node.plan.controlSocket, join(instance, 'control'));
    symlinkSync(join(node.plan.folder, 'control_auth_cookie'), join(instance, 'control.authcookie'));
    const { uid, username } = userInfo();
    const host = new RemoteHost({
      transport: new LocalTransport('here'),
      helper: renderHelper({ factsScript: ':', place: { root: place, owner: username, group: username, uid } }),
      carryHelper: true,
    });
    const control = await node.control;
    const directory = join(node.plan.folder, 'site');
    mkdirSync(directory, { mode: 0o700 });
    await control.setConf([
      ['PublishHidServDescriptors', '0'],
      ['HiddenServiceDir', directory],
      ['HiddenServicePort', '80 127.0.0.1:1'],
    ]);
    const own = readFileSync(join(directory, 'hostname'), 'utf8').trim();
    const quiet = listen(host, 'mine', own, null);
    const watching = listen(host, 'mine', own);
    await quiet.until(isUp);
    await watching.until(isDownFor(/127\.0\.0\.1:1, takes no connections/));
    await node.stop();
    await quiet.until(isDown);
    await Promise.all([quiet.stop(), watching.stop()]);
    await host.close();
  });
});
