// The steps and gates on tor instances, on a real host (systemd, tor) whose relays belong to a private network: restart with
// an allocator, a library that does not exist, a torrc that tor refuses, reload, and the way back each time.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { labNamespace } from '@tearless/lab/base/lab-name.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays, startRelays } from '@tearless/lab/hosts/relays.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import { systemClock } from 'tearless/base/clock.ts';
import type { JsonValue } from 'tearless/base/json.ts';
import type { GateSpec } from 'tearless/change/plan.ts';
import { bindGate, createRegistry } from 'tearless/change/registry.ts';
import type { GateReading, StepContext } from 'tearless/change/step.ts';
import { withControl, withPatientControl } from 'tearless/daemon/control.ts';
import { renderDropIn } from 'tearless/daemon/drop-in.ts';
import { readBytesPerSecond } from 'tearless/daemon/gates/bandwidth-recovered.ts';
import { noNewWarningsGate } from 'tearless/daemon/gates/no-new-warnings.ts';
import { type GateWishes, planGates, planUndoGates } from 'tearless/daemon/gates.ts';
import { instancePaths } from 'tearless/daemon/instance.ts';
import { torGates, torSteps } from 'tearless/daemon/kinds.ts';
import { readNetworkView } from 'tearless/daemon/network-view.ts';
import { type InstanceState, readInstanceState } from 'tearless/daemon/process.ts';
import { reloadStep } from 'tearless/daemon/steps/reload.ts';
import { restartStep } from 'tearless/daemon/steps/restart.ts';
import { verifyConfigStep } from 'tearless/daemon/steps/verify-config.ts';
import { planTorrcEdit } from 'tearless/daemon/torrc-edit.ts';
import { readFacts } from 'tearless/facts/collect.ts';
import { helperScripts } from 'tearless/facts/helper-scripts.ts';
import { createSshHost } from 'tearless/host/create-host.ts';
import { enrolHost } from 'tearless/host/enrol/enrol-host.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import type { RemoteHost } from 'tearless/host/remote-host.ts';
import { SshTransport } from 'tearless/host/ssh/ssh-transport.ts';

const skip = hostsUnavailableReason() ?? false;

const registry = createRegistry(torSteps, torGates);
const mimalloc = '/usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0';
const rootOwned = { mode: 0o644, owner: 'root', group: 'root' };

describe('steps and gates on a tor instance', { skip, timeout: 30 * 60_000 }, () => {
  const name = `daemon-${process.pid}`;
  const [a, b] = [instancePaths('a'), instancePaths('b')];
  let labHost: LabHost;
  let network: Network;
  let host: RemoteHost;
  let context: StepContext;
  let mimallocBuildId = '';

  before(async () => {
    const lab = await claimLab(name);
    [labHost] = (await createHosts({ lab, hosts: [{ name: 'alpha', suite: 'bookworm' }] })) as [LabHost];
    network = await startNetwork({
      lab,
      authorities: 1,
      relays: 3,
      clients: 0,
      services: 0,
      inNamespace: labNamespace(name),
    });
    await addRelays(
      labHost,
      ['a', 'b'].map((instance, index) => ({
        name: instance,
        torrc: [
          ...network.commonTorrc,
          `Nickname daemon${instance}`,
          `Address ${labHost.address}`,
          `ORPort ${labHost.address}:${9001 + index} IPv4Only`,
          'ContactInfo lab@example.invalid',
          'ExitRelay 0',
          'SocksPort 0',
          '',
        ].join('\n'),
      })),
    );
    await startRelays(labHost, ['a', 'b']);
    const { config } = sshPaths(name);
    host = createSshHost({
      name: 'alpha',
      helper: renderHelper(helperScripts),
      destination: { host: 'alpha', user: 'root', configFile: config },
    });
    context = { host, clock: systemClock, signal: new AbortController().signal, run: 'run-1' };
    const facts = await readFacts(host);
    mimallocBuildId = facts.libraries.find(({ path }) => path === mimalloc)?.buildId ?? '';
    assert.match(mimallocBuildId, /^[0-9a-f]{16,}$/, 'the host has libmimalloc');
    // Only then has it a consensus, by which it sees the network.
    await passAll([gateOf('tor.bootstrapped', planGates(wishes({ instance: 'b' })))]);
  });

  after(async () => {
    await host?.close();
    await network?.stop();
    await dropLab(name);
  });

  const wishes = (change: Partial<GateWishes> = {}): GateWishes => ({
    network: 'lab',
    instance: 'a',
    activation: 'restart',
    soakMs: 1_000,
    deadlineMs: 10 * 60_000,
    consensusGate: false,
    viewInstances: ['b'],
    ...change,
  });
  const target = () => ({ name: 'mimalloc', version: '2.0.9', buildIds: [mimallocBuildId] });
  const former = { name: 'glibc', version: null, buildIds: [] };

  const readGate = (gate: GateSpec): Promise<GateReading> => bindGate(registry, gate).read(context);

  /** Reads all gates until each has passed; the first that fails or is late ends the test. */
  const passAll = async (gates: readonly GateSpec[], seenBy = context): Promise<Map<string, GateReading>> => {
    const readings = new Map<string, GateReading>();
    await Promise.all(
      gates.map(async (gate) => {
        const endMs = Date.now() + gate.deadlineMs;
        for (;;) {
          const reading = await bindGate(registry, gate).read(seenBy);
          readings.set(gate.kind, reading);
          assert.notEqual(reading.state, 'failed', `${gate.kind}: ${reading.message}`);
          if (reading.state === 'passed') return;
          assert.ok(Date.now() < endMs, `${gate.kind} in time: ${reading.message}`);
          await systemClock.sleep(500);
        }
      }),
    );
    return readings;
  };
  const gateOf = (kind: string, gates: readonly GateSpec[]): GateSpec => {
    const gate = gates.find((entry) => entry.kind === kind);
    assert.ok(gate, kind);
    return gate;
  };

  const writeDropIn = async (library: string): Promise<void> => {
    await host.write(a.dropInPath, renderDropIn({ library }), rootOwned);
    await host.reloadSystemd();
  };
  const removeDropIn = async (): Promise<void> => {
    await host.remove(a.dropInPath);
    await host.removeEmptyDirectory(a.dropInDirectory);
    await host.reloadSystemd();
  };
  const mapsOf = async (): Promise<string> => {
    const pid = (await execOnHost(labHost, ['systemctl', 'show', '--value', '-p', 'MainPID', a.unit])).trim();
    return await execOnHost(labHost, ['cat', `/proc/${pid}/maps`]);
  };
  /** As the engine hands it on: through JSON, and checked. */
  const throughJournal = <M extends JsonValue>(kind: { memory: { parse(value: unknown): M } }, memory: M): M =>
    kind.memory.parse(JSON.parse(JSON.stringify(memory)));

  test('golden drop-ins are read by systemd as they were meant', async () => {
    const testdata = new URL('../../packages/tearless/src/daemon/testdata/', import.meta.url);
    const cases = ['drop-in/', 'environment/'].flatMap((folder) =>
      readdirSync(new URL(folder, testdata))
        .filter((file) => file.endsWith('.json'))
        .map((file) => folder + file),
    );
    assert.ok(cases.length >= 3, 'golden files are missing');
    const unit = '/run/systemd/system/golden.service';
    for (const file of cases) {
      const input = JSON.parse(readFileSync(new URL(file, testdata), 'utf8')) as Record<string, unknown>;
      const { library, environment } = input as { library: string; environment?: Record<string, string> };
      const wanted = (file.startsWith('drop-in/') ? { LD_PRELOAD: library, ...environment } : input) as Record<
        string,
        string
      >;
      const text = readFileSync(new URL(file.replace(/json$/, 'conf'), testdata), 'utf8');
      const service = '[Service]\nType=oneshot\nExecStart=/usr/bin/env -0\nStandardOutput=truncate:/run/golden.out\n';
      await execOnHost(labHost, ['sh', '-c', `mkdir -p ${unit}.d && cat >${unit}`], { input: service });
      await execOnHost(labHost, ['sh', '-c', `cat >${unit}.d/50.conf`], { input: text });
      await execOnHost(labHost, ['systemctl', 'daemon-reload']);
      await execOnHost(labHost, ['systemctl', 'start', 'golden.service']);
      const variables = (await execOnHost(labHost, ['cat', '/run/golden.out'])).split('\0');
      for (const [key, value] of Object.entries(wanted))
        assert.ok(variables.includes(`${key}=${value}`), `${file}: ${key} in ${variables.join('|')}`);
    }
    await execOnHost(labHost, ['sh', '-c', `rm -r ${unit} ${unit}.d /run/golden.out`]);
  });

  test('the network is seen through an instance, with every relay’s share', async () => {
    const view = await withPatientControl(context, 'b', readNetworkView);
    assert.ok(view.relays.size >= 4);
    assert.ok(view.votedMs < view.validAfterMs && view.validAfterMs < view.freshUntilMs);
  });

  test('a relay restarted with a drop-in passes every gate, and done twice it restarts once', async () => {
    assert.doesNotMatch(await mapsOf(), /mimalloc/);
    const params = { instance: 'a' };
    const memory = throughJournal(restartStep, await restartStep.remember(context, params));
    await writeDropIn(mimalloc);
    await restartStep.do(context, params, memory);
    const evidence = await restartStep.verify(context, params, memory);
    assert.equal(evidence.formerPid, memory.pid);
    await restartStep.do(context, params, memory);
    assert.equal((await restartStep.verify(context, params, memory)).mainPid, evidence.mainPid);
    const readings = await passAll(
      planGates(wishes({ allocator: target(), version: '0.4.9.11' })).filter(knownVersion),
    );
    assert.match(await mapsOf(), /libmimalloc/);
    assert.equal(readings.get('tor.allocator-loaded')?.evidence.buildId, mimallocBuildId);
    assert.equal(readings.get('tor.unit-stable')?.evidence.mainPid, evidence.mainPid);
    const listed = readings.get('tor.listed-running')?.evidence;
    const accepted = readings.get('tor.descriptor-accepted')?.evidence;
    assert.equal(listed?.fingerprint, accepted?.fingerprint);
    assert.ok(String(listed?.voted) >= String(accepted?.started).slice(0, 19));
  });

  /** The host brings its distribution's tor: its version is not ours to choose. */
  const knownVersion = ({ kind }: GateSpec): boolean => kind !== 'tor.version-loaded';

  test('a tor of another version than planned fails its gate', async () => {
    const version = (await execOnHost(labHost, ['tor', '--version'])).match(/Tor version (\S+?)\.?\s/)?.[1] ?? '';
    const gates = (wanted: string) => planGates(wishes({ version: wanted }));
    assert.equal((await readGate(gateOf('tor.version-loaded', gates(version)))).state, 'passed');
    assert.equal((await readGate(gateOf('tor.version-loaded', gates('0.4.0.1')))).state, 'failed');
  });

  test('a restart within two hours is listed too, although the authority keeps the former descriptor', async () => {
    const params = { instance: 'a' };
    for (let round = 1; round <= (process.env.TEARLESS_SOAK === '1' ? 4 : 1); round++) {
      const memory = await restartStep.remember(context, params);
      await restartStep.do(context, params, memory);
      const gate = gateOf('tor.listed-running', planGates(wishes()));
      const reading = (await passAll([gate])).get(gate.kind);
      assert.equal(reading?.state, 'passed', `round ${round}`);
    }
  });

  test('undo after an interrupted undo restarts no second time, and the former allocator is back', async () => {
    const params = { instance: 'a' };
    const memory = await restartStep.remember(context, params);
    await restartStep.do(context, params, memory);
    await removeDropIn();
    await restartStep.undo(context, params, memory);
    const { process: main } = await readInstanceState(context, 'a');
    await restartStep.undo(context, params, memory);
    assert.deepEqual((await readInstanceState(context, 'a')).process?.startTicks, main?.startTicks);
    await passAll(planUndoGates({ ...wishes(), formerAllocator: former }));
    assert.doesNotMatch(await mapsOf(), /mimalloc/);
  });

  test('a drop-in that names a missing library fails its gate at the first reading', async () => {
    const params = { instance: 'a' };
    const memory = await restartStep.remember(context, params);
    await writeDropIn('/usr/lib/x86_64-linux-gnu/libmissing.so.1');
    await restartStep.do(context, params, memory);
    await restartStep.verify(context, params, memory);
    const gates = planGates(wishes({ allocator: target() }));
    const reading = await readGate(gateOf('tor.allocator-loaded', gates));
    assert.equal(reading.state, 'failed', reading.message);
    assert.match(reading.message, /glibc .* instead of mimalloc 2\.0\.9; LD_PRELOAD names .*libmissing/);
    await removeDropIn();
    await restartStep.undo(context, params, memory);
    assert.equal(
      (await readGate(gateOf('tor.allocator-loaded', planUndoGates({ ...wishes(), formerAllocator: former })))).state,
      'passed',
    );
  });

  test('a torrc that tor refuses is found before the relay is touched; restarted with it, the relay fails its gate and comes back', async () => {
    const params = { instance: 'a' };
    const text = Buffer.from(await host.read(a.torrcPath)).toString();
    assert.equal((await verifyConfigStep.verify(context, params, null)).verified, true);
    const memory = await restartStep.remember(context, params);
    await host.write(a.torrcPath, `${text}BandwidthRate 1\n`, rootOwned);
    await assert.rejects(async () => verifyConfigStep.verify(context, params, null), {
      code: 'daemon-torrc-refused',
      message: /BandwidthRate is set to 1 bytes\/second/,
    });
    await assert.rejects(async () => restartStep.do(context, params, memory), { kind: 'failed' });
    const stable = gateOf('tor.unit-stable', planGates(wishes()));
    const reading = await readGate(stable);
    assert.equal(reading.state, 'failed', reading.message);
    await host.write(a.torrcPath, text, rootOwned);
    await restartStep.undo(context, params, memory);
    await passAll([stable, gateOf('tor.bootstrapped', planGates(wishes()))]);
  });

  test('a reload is taken up by the same process and goes back', async () => {
    const text = Buffer.from(await host.read(b.torrcPath)).toString();
    const wanted = new Map([
      ['BandwidthRate', ['2 MB']],
      ['BandwidthBurst', ['3 MBytes']],
    ]);
    const edit = planTorrcEdit([{ path: b.torrcPath, text }], wanted);
    assert.equal(edit.activation, 'reload');
    const changes = edit.changes.map(({ name: option, before: was, after: then }) => ({
      name: option,
      before: [...was],
      after: then === null ? null : [...then],
    }));
    const params = { instance: 'b', changes };
    const memory = throughJournal(reloadStep, await reloadStep.remember(context, params));
    await host.write(b.torrcPath, edit.text, rootOwned);
    await reloadStep.do(context, params, memory);
    assert.deepEqual(await reloadStep.verify(context, params, memory), {
      mainPid: memory.pid,
      inEffect: ['BandwidthRate', 'BandwidthBurst'],
    });
    assert.deepEqual(await withControl(context, 'b', (controller) => controller.getConf('BandwidthRate')), ['2097152']);
    await host.write(b.torrcPath, text, rootOwned);
    await reloadStep.undo(context, params, memory);
    assert.equal((await readInstanceState(context, 'b')).process?.pid, memory.pid);
    assert.deepEqual(
      await withControl(context, 'b', (controller) => controller.getConf('BandwidthRate')),
      memory.settings.BandwidthRate,
    );
  });

  test('a reload that tor does not survive is found, and undo starts the relay again', async () => {
    const changes = [{ name: 'TokenBucketRefillInterval', before: [], after: ['50 msec'] }];
    const params = { instance: 'b', changes };
    const text = Buffer.from(await host.read(b.torrcPath)).toString();
    const memory = await reloadStep.remember(context, params);
    // tor exits on a SIGHUP that changes it; whether systemd sees that before it reports the reload as done is a race
    await host.write(b.torrcPath, `${text}TokenBucketRefillInterval 50 msec\n`, rootOwned);
    await reloadStep
      .do(context, params, memory)
      .catch((error: { kind?: string }) => assert.equal(error.kind, 'failed'));
    await assert.rejects(async () => reloadStep.verify(context, params, memory), { code: 'daemon-died-on-reload' });
    await host.write(b.torrcPath, text, rootOwned);
    await reloadStep.undo(context, params, memory);
    assert.equal((await readInstanceState(context, 'b')).unit.activeState, 'active');
    await passAll([gateOf('tor.bootstrapped', planGates(wishes({ instance: 'b' })))]);
  });

  test('a tor that has finished and does not end is ended, long before systemd’s patience is over', async () => {
    const unit = 'tor@stuck.service';
    const folder = '/etc/systemd/system/tor@stuck.service.d';
    // systemd takes a `$$` for a `$`.
    const stuck = '$$SIG{INT} = sub { print qq(Clean shutdown finished. Exiting.\\n) }; $$| = 1; sleep 1 while 1';
    /** Before that, a SIGINT would end it. */
    const catchesInterrupts = (pid: number) =>
      waitFor(
        async () => {
          const [, caught = '0'] =
            /^SigCgt:\s*(\w+)$/m.exec(await execOnHost(labHost, ['cat', `/proc/${pid}/status`])) ?? [];
          return (BigInt(`0x${caught}`) & 2n) !== 0n;
        },
        { what: 'the handler of SIGINT', timeoutMs: 120_000 },
      );
    const service = ['Type=simple', 'TimeoutStopSec=infinity', 'ExecStartPre=', 'ExecStart=', 'ExecReload='];
    const lines = ['[Service]', ...service, `ExecStart=/usr/bin/perl -e '${stuck}'`, ''];
    await execOnHost(labHost, ['mkdir', '-p', folder]);
    await execOnHost(labHost, ['sh', '-c', 'cat >"$1"', 'sh', `${folder}/stuck.conf`], { input: lines.join('\n') });
    await host.reloadSystemd();
    await host.unit('start', unit);
    const [{ mainPid: before } = { mainPid: 0 }] = await host.units([unit]);
    await catchesInterrupts(before);
    await host.unit('restart', unit);
    const [{ mainPid: after, activeState } = { mainPid: 0, activeState: '' }] = await host.units([unit]);
    assert.equal(activeState, 'active');
    assert.ok(before > 0 && after > 0 && after !== before);
    await catchesInterrupts(after);
    await host.unit('stop', unit);
    await execOnHost(labHost, ['journalctl', '--sync']);
    const said = await execOnHost(labHost, ['journalctl', '-t', 'tearless', '-o', 'cat', '--no-pager']);
    for (const pid of [before, after])
      assert.ok(said.includes(`${unit}: process ${pid} had finished and did not end: killed`), said);
    await execOnHost(labHost, ['rm', '-r', folder]);
    await host.reloadSystemd();
  });

  test('a warning in the journal is new unless its like was there before the start', async () => {
    const gate = { instance: 'b', soakMs: 0, knownDays: 14 };
    const params = { instance: 'b' };
    /** A warning that journald takes for one of the unit's main process: root may speak for another (OBJECT_PID). */
    const warn = async (text: string): Promise<void> => {
      const { unit } = await readInstanceState(context, 'b');
      const entry = `MESSAGE=${text}\nPRIORITY=4\nOBJECT_PID=${unit.mainPid}\n`;
      await execOnHost(labHost, ['logger', '--journald'], { input: entry });
      await execOnHost(labHost, ['journalctl', '--sync']);
    };
    await warn('Received http status code 404 from server 192.0.2.7:80');
    const memory = await restartStep.remember(context, params);
    await restartStep.do(context, params, memory);
    await warn('Received http status code 503 from server 198.51.100.9:443');
    const known = await noNewWarningsGate.read(context, gate);
    assert.equal(known.evidence.source, 'journal');
    // It is a real tor: on a machine that does much else it may warn of something itself.
    const own = known.evidence.warnings as readonly string[];
    assert.equal(known.state, own.length === 0 ? 'passed' : 'failed', known.message);
    assert.doesNotMatch(own.join(), /http status/);
    await warn('Your system clock just jumped 100 seconds forward');
    const fresh = await noNewWarningsGate.read(context, gate);
    const warnings = fresh.evidence.warnings as readonly string[];
    assert.ok(warnings.includes('Your system clock just jumped 100 seconds forward'), warnings.join());
    assert.doesNotMatch(warnings.join(), /http status/);
    assert.equal(fresh.state, 'failed');
  });

  test('an ordinary login with the helper sees the same, and only its journal is closed to it', async () => {
    const { config, identity } = sshPaths(name);
    const helper = renderHelper(helperScripts);
    const destination = { host: 'alpha', user: 'root', configFile: config };
    await enrolHost({
      wayIn: new SshTransport('alpha', destination),
      helper,
      publicKey: readFileSync(`${identity}.pub`, 'utf8').trim(),
    });
    const ordinary = createSshHost({ name: 'alpha', helper, destination: { ...destination, user: 'tearless' } });
    try {
      const seen: StepContext = { ...context, host: ordinary };
      const identityOf = (state: InstanceState) => [state.bootId, state.process?.pid, state.process?.startTicks];
      assert.deepEqual(
        identityOf(await readInstanceState(seen, 'b')),
        identityOf(await readInstanceState(context, 'b')),
      );
      assert.equal((await verifyConfigStep.verify(seen, { instance: 'b' }, null)).verified, true);
      const gates = planGates(wishes({ instance: 'b', soakMs: 0 })).filter(({ kind }) => kind !== 'tor.listed-running');
      await passAll(gates, seen);
      const warnings = await noNewWarningsGate.read(seen, { instance: 'b', soakMs: 0, knownDays: 14 });
      assert.deepEqual([warnings.state, /not readable/.test(String(warnings.evidence.source))], ['passed', true]);
      const memory = await restartStep.remember(seen, { instance: 'b' });
      await restartStep.do(seen, { instance: 'b' }, memory);
      await restartStep.verify(seen, { instance: 'b' }, memory);
    } finally {
      await ordinary.close();
    }
  });

  test('traffic is measured from tor’s own totals', async () => {
    const bytesPerSecond = await readBytesPerSecond(context, 'b', 500);
    assert.ok(bytesPerSecond >= 0 && Number.isFinite(bytesPerSecond));
  });
});
