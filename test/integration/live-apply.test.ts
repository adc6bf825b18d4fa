// Relays of a real host (systemd, sshd, Debian's unit with its hardening) adopted and updated live by the command line: the same
// process, a control connection that stays open, signatures refused and taken, a gate that fails, kills at the points of a run.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { helperScripts } from 'tearless/facts/helper-scripts.ts';
import { createSshHost } from 'tearless/host/create-host.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import { HostError } from 'tearless/host/host-error.ts';
import type { RemoteHost } from 'tearless/host/remote-host.ts';
import { encodePlan, type InjectorPlan } from 'tearless/live/inject/encode-plan.ts';
import { namespaces, withSignature } from 'tearless/live/keys/namespaces.ts';
import { lookAt } from 'tearless/live/process/look.ts';
import { stripProgram } from 'tearless/live/process/strip-program.ts';
import { readProcessRecord, writeProcessRecord } from 'tearless/live/status/process-record.ts';
import { LiveHost, layBuilds, patience, readManifest, rules } from './live/live-host.ts';
import { OpenControl } from './support/open-control.ts';
import { Operator } from './support/operator.ts';

const skip = hostsUnavailableReason() ?? false;
const isLong = process.env.TEARLESS_SOAK === '1';
const lab = `live-${process.pid}`;

const rehearsed = ['--rehearsal', 'rehearsal.json'];
const strict = '/etc/systemd/system/tor@a.service.d/20-strict.conf';

/** One digit and zeros. */
const isRound = (count: number | null): boolean => /^\d0*$/.test(`${count}`);

/** More than there will be for long. */
const newest = '0.4.99.1';
const recommending = (...versions: readonly string[]): string[] => [
  'VersioningAuthoritativeDirectory 1',
  `RecommendedClientVersions ${versions.join(',')}`,
  `RecommendedServerVersions ${versions.join(',')}`,
];

describe('live updates of a host’s relays', { skip, timeout: 60 * 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-live-apply-'));
  const operator = new Operator(join(folder, 'operator'));
  const key = join(operator.folder, 'state/tearless/live/signing_ed25519');
  let live: LiveHost;
  let host: RemoteHost;
  let control: OpenControl;
  /** As Debian's release is; with another version; the same, with a manifest that says it were not. */
  let [first, next, lying] = ['', '', ''];
  let version = '';
  let pid = '';
  /** On system calls, that the relay's process runs under. */
  let filters = 0;

  const sh = (script: string): Promise<string> => live.sh(script);
  const mainPid = (): Promise<string> => sh('systemctl show --property=MainPID --value tor@a.service');
  const statusOf = async () => {
    const { result } = await operator.start('live', 'status', 'alpha/a').ended;
    return result.relays[0];
  };
  const sign = (content: Uint8Array, namespace: string, by = key): Uint8Array =>
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', by, '-n', namespace], { input: content });
  const refusedWith = async (act: Promise<unknown>, code: string): Promise<HostError> => {
    const error = await act.then(
      () => assert.fail(`expected ${code}`),
      (reason: unknown) => reason,
    );
    if (!(error instanceof HostError)) throw error;
    assert.equal(error.code, code, error.message);
    return error;
  };
  const makeKey = (name: string): string => {
    const path = join(folder, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
    return path;
  };
  const injectorOf = (): Promise<string> => sh("sha256sum /usr/local/lib/tearless/live/injector | cut -d ' ' -f 1");
  const injectArgs = async () => ['a', 'apply', await injectorOf(), '500000', '20000000'];
  const injectBundle = async (input: Uint8Array) => host.call('live-inject', { args: await injectArgs(), input });
  /** As it is signed: behind a word of the host's, and what it is for. */
  const stating = async (verb: string, args: readonly string[], content: Uint8Array): Promise<Uint8Array> => {
    const word = Buffer.from((await host.call('live-word')).stdout)
      .toString()
      .trimEnd();
    return Buffer.concat([Buffer.from(`${[word, verb, ...args].join(' ')}\n`), content]);
  };
  const statingPlan = async (plan: Uint8Array) => stating('live-inject', await injectArgs(), plan);
  const bundle = (statement: Uint8Array, namespace: string, by = key) =>
    withSignature(sign(statement, namespace, by), statement);
  const injectBy = async (by: string, plan: Uint8Array, namespace: string = namespaces.plan) =>
    injectBundle(bundle(await statingPlan(plan), namespace, by));
  const isDone = ({ stdout }: { readonly stdout: Uint8Array }): void =>
    assert.match(Buffer.from(stdout).toString(), /"result":"done"[\s\S]*\n0\n$/);
  /** Plans that change nothing: so many bytes of the relay's code must be what they are. Each is another one. */
  let plans = 0;
  const harmlessPlan = async (changed: Partial<InjectorPlan> = {}): Promise<Uint8Array> => {
    const lengthBytes = 16 + plans++;
    const { mappings, path } = await lookAt({ host }, 'a');
    const code = mappings.find((one) => one.permissions === 'r-xp' && one.path === path);
    assert.ok(code);
    const look = await lookAt({ host }, 'a', [{ address: code.from, lengthBytes }]);
    const expected = { kind: 'expect', address: code.from, bytes: look.memory.read(code.from, lengthBytes) } as const;
    const target = { pid: look.pid, startTicks: look.startTicks, buildId: look.buildId ?? '' };
    return encodePlan({ ...target, kind: 'apply', operations: [expected], ...changed });
  };
  /** What the relay was adopted with, and how it comes to its host. */
  const firstBuild = () => {
    const { buildId } = readManifest(first);
    const program = stripProgram(readFileSync(join(first, 'tor')));
    return {
      place: `/usr/local/lib/tearless/live/${buildId}/tor`,
      signedBy: async (by: string) => bundle(await stating('live-install', [buildId], program), namespaces.build, by),
      install: (input: Uint8Array) => host.call('live-install', { args: [buildId], input }),
    };
  };
  /** Of the process that runs. */
  const kernelSays = async (field: string): Promise<number> =>
    Number(
      await sh(`sed -n 's/^${field}:\t//p' "/proc/$(systemctl show --property=MainPID --value tor@a.service)/status"`),
    );

  const step = (to: string): string[] => [
    'alpha/a',
    '--to',
    to,
    '--builds',
    join(folder, 'builds'),
    '--rules',
    'rules.yaml',
  ];
  const apply = (to = next, proof: readonly string[] = ['--no-rehearsal']): string[] => [
    ...['live', 'apply', ...step(to), ...proof, '--yes', ...patience],
  ];

  before(async () => {
    [first, next] = ['first', 'next'].map((name) => join(folder, 'builds', name)) as [string, string];
    lying = join(folder, 'lying');
    // The long form lets tor itself restrict its system calls too, which takes a build of its own.
    await layBuilds([first, next, lying], isLong ? ['--enable-seccomp'] : []);
    ({ version } = readManifest(first));
    writeFileSync(join(lying, 'manifest.json'), JSON.stringify({ ...readManifest(lying), version }));
    writeFileSync(join(operator.folder, 'rules.yaml'), rules);
    live = await LiveHost.start(lab, ({ role }) => ({
      extraTorrc: role === 'authority' ? recommending(version, newest) : [],
    }));
    await live.startRelays([{ name: 'a', lines: isLong ? ['Sandbox 1'] : [] }]);
    operator.declare({ ...live.declare(['a']), fleet: 'live', restart: { soak: '1s', deadline: '5m' } });
    host = createSshHost({
      name: 'alpha',
      helper: renderHelper(helperScripts),
      destination: { host: 'alpha', user: 'root', configFile: sshPaths(lab).config },
    });
  });

  after(async () => {
    control?.close();
    await operator[Symbol.asyncDispose]();
    await host?.close();
    await live?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test('a host that trusts nobody takes no build, and everything stays as it was', async () => {
    await operator.run(0, 'live', 'key', 'make');
    const { result } = await operator.run(5, 'live', 'adopt', 'alpha/a', '--to', first, '--yes');
    assert.match(JSON.stringify(result), /host-live-untrusted|trusts nobody/);
    assert.equal(await sh('ls /usr/local/lib/tearless/live 2>/dev/null || :'), '');
  });

  test('a relay that runs Debian’s own tor is refused, with the ordinary way and its cost', async () => {
    await operator.run(0, 'live', 'key', 'trust', '--yes');
    const { result } = await operator.run(5, ...apply());
    assert.equal(result.error.code, 'live-none-possible');
    assert.match(result.error.message, /'tearless live adopt alpha\/a --to [^']*' \(1 relay restarts/);
  });

  test('a relay is adopted by one restart, as drop-ins of its own have it', async () => {
    filters = await kernelSays('Seccomp_filters');
    await sh(`printf '[Service]\\nMemoryDenyWriteExecute=yes\\n' >${strict} && systemctl daemon-reload`);
    await operator.run(0, 'live', 'adopt', 'alpha/a', '--to', first, '--yes');
    const { state } = await statusOf();
    assert.deepEqual([state.build, state.nextStart, state.updates], [state.program, state.program, []]);
    const path = await sh('readlink /proc/$(systemctl show --property=MainPID --value tor@a.service)/exe');
    assert.equal(path, `/usr/local/lib/tearless/live/${state.program}/tor`);
    pid = await mainPid();
    control = new OpenControl(live.host, 'a');
    assert.equal(await control.version(), version);
  });

  test('what the unit and its torrc ask of the kernel is in force, each by itself', async () => {
    const asked = await sh('systemctl show --property=NoNewPrivileges,MemoryDenyWriteExecute tor@a.service');
    assert.deepEqual(asked.split('\n').sort(), ['MemoryDenyWriteExecute=yes', 'NoNewPrivileges=yes']);
    assert.equal(await kernelSays('NoNewPrivs'), 1);
    assert.equal(await control.conf('Sandbox'), isLong ? '1' : '0');
    const now = await kernelSays('Seccomp_filters');
    assert.ok(now > filters, `${now} filters on system calls, and ${filters} without MemoryDenyWriteExecute`);
    filters = now;
  });

  test('from then on its status warns while the authorities recommend a newer release', async () => {
    const status = async () => {
      const { result, exitCode } = await operator.start('live', 'status', 'alpha/a').ended;
      const { newer, warnings } = result.relays[0];
      // What it started with may be no consensus yet.
      return newer === null ? undefined : { newer, warnings, exitCode };
    };
    assert.deepEqual(await waitFor(status, { what: 'a consensus of the relay', timeoutMs: 5 * 60_000 }), {
      newer: [newest],
      warnings: [`recommended by now: tor ${newest}`],
      exitCode: 7,
    });
  });

  test('its next step is rehearsed on a twin, with as many circuits and connections as the relay counts', async () => {
    const rehearse = ['live', 'rehearse', ...step(next), ...patience, '--out', 'rehearsal.json'];
    const { result, stderr } = await operator.run(0, ...rehearse);
    const { census, reached, phases, streams, passed, predictedPauseUs } = result;
    assert.equal(passed, true);
    // A young relay may have none of them, and says so.
    assert.deepEqual(stderr.match(/MetricsPort.*/g), null);
    assert.deepEqual([census.circuits, census.connections, census.streams].map(isRound), [true, true, true], stderr);
    assert.ok(reached.circuits >= census.circuits && reached.connections >= census.connections);
    assert.deepEqual([phases.length, streams.length], [5, 4]);
    assert.ok(predictedPauseUs > 0);
    // Nothing of the relay was touched, and the report lets no step with other rules through.
    assert.equal(await control.version(), version);
    writeFileSync(join(operator.folder, 'others.yaml'), `${rules}# others\n`);
    const others = apply(next, rehearsed).map((word) => (word === 'rules.yaml' ? 'others.yaml' : word));
    assert.equal((await operator.run(5, ...others)).result.error.code, 'live-rehearsal-unfit');
  });

  test('it takes another version while it runs: the same process, the same control connection, a descriptor that says so', async () => {
    // The file that it runs is another one by now: what runs is known by the build-id in memory.
    await sh(
      `cd /usr/local/lib/tearless/live/$(ls /usr/local/lib/tearless/live | grep -v injector) && cp tor new && mv new tor`,
    );
    assert.match(await sh(`readlink /proc/${pid}/exe`), / \(deleted\)$/);
    const { exitCode, stdout, stderr } = await operator.startPlain(...apply(next, rehearsed)).ended;
    assert.equal(exitCode, 0, stdout + stderr);
    assert.match(stderr, /^reads .*\nlooks at .*\ncompares tor \S+ \(/);
    // What it cost stands with the step that had the cost.
    assert.match(stderr, /^alpha\/a: .* while it runs: stood still for \d+\.\d ms, \d[\d.]* [kM]B mapped$/m);
    assert.equal(await control.version(), `${version}-carried`);
    assert.deepEqual([await kernelSays('NoNewPrivs'), await kernelSays('Seccomp_filters')], [1, filters]);
    assert.equal(await mainPid(), pid);
    const { state } = await statusOf();
    assert.equal(state.updates.length, 1);
    assert.deepEqual([state.nextStart, state.differsFromDisk, state.pending], [state.build, false, false]);
    assert.ok(state.mappedBytes > 0);
    assert.equal(await sh('systemctl show --property=NeedDaemonReload --value tor@a.service'), 'no');
    const { events } = await operator.run(0, ...apply());
    assert.deepEqual(events, [], 'nothing is left to do');
  });

  test('and the former one again, by what the host keeps', async () => {
    const rollback = ['live', 'rollback', 'alpha/a', '--yes', ...patience];
    // As another version of Tearless may have left it.
    await sh('printf x >>/usr/local/lib/tearless/live/injector');
    const { result } = await operator.run(0, ...rollback);
    assert.equal(await control.version(), version);
    // That can be taken back itself, and done again.
    await operator.run(0, 'run', 'undo', String(result.run), '--yes');
    assert.equal(await control.version(), `${version}-carried`);
    await operator.run(0, ...rollback);
    assert.equal(await control.version(), version);
    assert.equal(await mainPid(), pid);
    const { state } = await statusOf();
    assert.deepEqual([state.build, state.nextStart, state.updates], [state.program, state.program, []]);
  });

  test('one that is not what its gate waits for goes back by itself', async () => {
    const { result } = await operator.run(5, ...apply(lying));
    assert.equal(result.outcome, 'failed-undone');
    assert.match(JSON.stringify(result), /runs tor \S+-carried instead of/);
    assert.equal(await control.version(), version);
    assert.equal(await mainPid(), pid);
    const { state } = await statusOf();
    assert.deepEqual([state.build, state.nextStart, state.pending], [state.program, state.program, false]);
  });

  test('memory that keys may lie in is not shown; a plan runs only with a signature for plans of somebody trusted, and once', async () => {
    const heap = (await lookAt({ host }, 'a')).mappings.find(({ path }) => path === '[heap]');
    assert.ok(heap);
    await refusedWith(lookAt({ host }, 'a', [{ address: heap.from, lengthBytes: 16 }]), 'host-path-refused');
    const plan = await harmlessPlan();
    const statement = await statingPlan(plan);
    await refusedWith(injectBundle(withSignature(new Uint8Array(), statement)), 'host-live-untrusted');
    await refusedWith(injectBy(makeKey('stranger'), plan), 'host-live-untrusted');
    await refusedWith(injectBy(key, plan, namespaces.build), 'host-live-untrusted');
    const other = await statingPlan(await harmlessPlan());
    await refusedWith(injectBundle(withSignature(sign(statement, namespaces.plan), other)), 'host-live-untrusted');
    // What was signed for another verb, or other arguments, and what was signed without a word of this host's.
    for (const meant of [
      await stating('live-record-put', ['1', '1'], plan),
      await stating('live-inject', ['a'], plan),
      plan,
    ])
      await refusedWith(injectBundle(bundle(meant, namespaces.plan)), 'host-live-untrusted');
    await refusedWith(injectBy(key, await harmlessPlan({ pid: Number(pid) + 1 })), 'host-state-changed');
    const once = bundle(statement, namespaces.plan);
    isDone(await injectBundle(once));
    await refusedWith(injectBundle(once), 'host-state-changed');
    isDone(await injectBy(key, plan));
    assert.equal(await control.version(), version);
  });

  test('a signed plan or build of which a part is missing is refused, wherever it was cut', async () => {
    const plan = await harmlessPlan();
    const statement = await statingPlan(plan);
    const whole = bundle(statement, namespaces.plan);
    const signed = whole.length - statement.length;
    for (const length of [0, 2]) await refusedWith(injectBundle(whole.subarray(0, length)), 'host-request-bad');
    for (const length of [signed >> 1, signed, signed + 80, whole.length - 1])
      await refusedWith(injectBundle(whole.subarray(0, length)), 'host-live-untrusted');
    // Also one that was signed as it is: by the injector.
    const { stdout } = await injectBy(key, plan.subarray(0, -1));
    assert.match(Buffer.from(stdout).toString(), /"result":"refused","reason":"plan-truncated"[\s\S]*\n2\n$/);
    isDone(await injectBundle(whole));
    const { place, signedBy, install } = firstBuild();
    const before = await sh(`stat -c %i ${place} && sha256sum ${place}`);
    const build = await signedBy(key);
    for (const length of [build.length >> 1, build.length - 1])
      await refusedWith(install(build.subarray(0, length)), 'host-live-untrusted');
    assert.equal(await sh(`stat -c %i ${place} && sha256sum ${place}`), before);
  });

  test('keys rotate: both hold for a while, then the new one alone; one out of its time signs nothing, a revoked one neither', async () => {
    const [past, later, latest] = [makeKey('past'), makeKey('later'), makeKey('latest')];
    await operator.run(0, 'live', 'key', 'trust', `${past}.pub`, '--as', 'past', '--until', '2020-01-01', '--yes');
    await operator.run(0, 'live', 'key', 'rotate', `${later}.pub`, '--as', 'later', '--overlap', '7', '--yes');
    const { result } = await operator.run(0, 'live', 'key', 'ls');
    assert.deepEqual(
      result.signers.map(({ name, valid, until }) => [name, valid, until !== null]),
      [
        ['live', true, true],
        ['past', false, true],
        ['later', true, false],
      ],
    );
    const { place, signedBy, install } = firstBuild();
    const injectedBy = async (by: string) => injectBy(by, await harmlessPlan());
    const installedBy = async (by: string) => install(await signedBy(by));
    await refusedWith(injectedBy(past), 'host-live-untrusted');
    for (const by of [key, later]) {
      isDone(await injectedBy(by));
      const inode = await sh(`stat -c %i ${place}`);
      await installedBy(by);
      assert.notEqual(await sh(`stat -c %i ${place}`), inode, 'another file of the same content');
    }
    // The next overlap is over within a second.
    const rotate = ['live', 'key', 'rotate', `${latest}.pub`, '--as', 'latest', '--key', later];
    await operator.run(0, ...rotate, '--overlap', '0.00001', '--yes');
    const isOver = async () => {
      const { result } = await operator.run(0, 'live', 'key', 'ls');
      return result.signers.some(({ name, valid }) => name === 'later' && !valid);
    };
    await waitFor(isOver, { what: 'the end of the overlap', timeoutMs: 5 * 60_000 });
    await refusedWith(injectedBy(later), 'host-live-untrusted');
    await refusedWith(installedBy(later), 'host-live-untrusted');
    await operator.run(5, 'live', 'key', 'revoke', 'past', '--key', later, '--yes');
    isDone(await injectedBy(latest));
    await installedBy(latest);
    await operator.run(0, 'live', 'key', 'revoke', 'past', '--key', latest, '--yes');
    await refusedWith(injectedBy(past), 'host-live-untrusted');
    await operator.run(5, 'live', 'key', 'revoke', 'later', '--key', makeKey('nobody'), '--yes');
    const { result: shut } = await operator.run(5, 'live', 'key', 'revoke', 'latest', '--key', latest, '--yes');
    assert.equal(shut.error.code, 'live-key-shut-out');
    assert.equal((await operator.run(0, 'live', 'key', 'ls')).result.signers.length, 3);
  });

  for (const [when, pattern, isOften] of [
    ['before the drop-in', { kind: 'step.started', step: 'use' }, false],
    ['while it injects', { kind: 'step.started', step: 'inject' }, true],
    ['after the update', { kind: 'step.done', step: 'inject' }, true],
    ['while gates are read', { kind: 'step.verified', step: 'inject' }, false],
  ] as const)
    test(`killed ${when}, the run is resumed to its end, and taken back whole`, {
      skip: !isOften && !isLong,
    }, async () => {
      const running = operator.start(...apply());
      const started = await running.at({ kind: 'run.started' });
      await running.at(pattern, 'SIGKILL');
      await running.ended;
      await operator.run(0, 'run', 'resume', String(started.run));
      assert.equal(await control.version(), `${version}-carried`);
      assert.equal((await statusOf()).state.updates.length, 1);
      await operator.run(0, 'run', 'undo', String(started.run), '--yes');
      assert.equal(await control.version(), version);
      assert.equal(await mainPid(), pid);
    });

  test('an update of which nobody knows whether it took place is taken back before the next one', async () => {
    const by = { sign: async (namespace: string, content: Uint8Array) => sign(content, namespace), key };
    const updateInDoubt = async () => {
      await operator.run(0, ...apply());
      const record = await readProcessRecord(host, await lookAt({ host }, 'a'));
      assert.ok(record);
      const updates = record.updates.map((one) => (one.state === 'done' ? { ...one, state: 'pending' as const } : one));
      await writeProcessRecord(host, { ...record, updates }, by);
    };
    await updateInDoubt();
    assert.equal((await statusOf()).state.pending, true);
    // A rollback settles it, and has nothing else to take back; so does an update to what the relay was started from.
    for (const settle of [['live', 'rollback', 'alpha/a', '--yes', ...patience], apply(first)]) {
      await operator.run(0, ...settle);
      assert.deepEqual([(await statusOf()).state.pending, await control.version()], [false, version]);
      await updateInDoubt();
    }
    await operator.run(0, ...apply());
    const { state } = await statusOf();
    assert.deepEqual([state.pending, state.updates.length], [false, 1]);
    assert.equal(await control.version(), `${version}-carried`);
    await operator.run(0, 'live', 'rollback', 'alpha/a', '--yes', ...patience);
    assert.equal(await control.version(), version);
  });

  test('a relay that somebody restarts before its turn begins as the build: that is as planned, and goes back by a restart', async () => {
    const restart = () => sh('systemctl restart tor@a.service');
    control.close();
    const running = operator.start(...apply());
    const started = await running.at({ kind: 'run.started' });
    await running.holdAt({ kind: 'step.started', step: 'inject' }, restart);
    const { exitCode, events, stderr } = await running.ended;
    assert.equal(exitCode, 0, stderr);
    const verified = events.find(({ kind, step }) => kind === 'step.verified' && step === 'inject');
    assert.match(JSON.stringify(verified), /"restarted":true/);
    const undo = ['run', 'undo', String(started.run), '--yes'];
    const { result } = await operator.run(3, ...undo);
    assert.match(JSON.stringify(result), /live-begun-as.*systemctl restart tor@a/);
    await restart();
    await operator.run(0, ...undo);
    const { state } = await statusOf();
    assert.deepEqual([state.build, state.nextStart], [readManifest(first).buildId, readManifest(first).buildId]);
    control = new OpenControl(live.host, 'a');
  });

  test('a relay that starts anew is what lies on the disk, and what was kept of its process is gone', async () => {
    await operator.run(0, ...apply());
    control.close();
    await sh('systemctl restart tor@a.service');
    const { state } = await statusOf();
    assert.equal(state.build, state.program);
    assert.equal(state.nextStart, state.program);
    assert.deepEqual(state.updates, []);
    assert.equal(await sh('ls /var/lib/tearless/live | grep ^process || :'), '');
  });
});
