// The gates of the public network on real relays that carry traffic, and a host whose tor is tor@default: by the command line
// with an ordinary login, in a lab whose configuration says that it is the public network.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { FleetLab } from '@tearless/lab/fleet/fleet-lab.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import type { Oracle } from '@tearless/lab/traffic/oracle.ts';
import { startOracle } from '@tearless/lab/traffic/start-oracle.ts';
import { systemClock } from 'tearless/base/clock.ts';
import { sealPlan } from 'tearless/change/digest.ts';
import { applyPlan, undoRun } from 'tearless/change/engine.ts';
import type { RunEvent } from 'tearless/change/event.ts';
import type { Plan } from 'tearless/change/plan.ts';
import { parsePlan } from 'tearless/change/plan-file.ts';
import { compareWhole, readWhole } from 'tearless/cli/core/demo/separate-reader.ts';
import { currentHelper } from 'tearless/cli/core/hosts.ts';
import { kinds } from 'tearless/cli/core/kinds.ts';
import { bringLabUp } from 'tearless/cli/core/lab-up.ts';
import { createSshHost } from 'tearless/host/create-host.ts';
import { readOwnHolder } from 'tearless/store/holder.ts';
import { openStore } from 'tearless/store/store.ts';
import { parse } from 'yaml';
import { sh } from './support/fault-fleet.ts';
import { Operator, type RunLine } from './support/operator.ts';

const skip = hostsUnavailableReason() ?? false;
const recovered = 'bandwidth-recovered';
const undoLast = ['run', 'undo', 'last', '--yes'];

describe('a change of relays that carry traffic', { skip, timeout: 30 * 60_000 }, () => {
  const name = `public-${process.pid}`;
  let lab: FleetLab;
  let h1: LabHost;
  let folder: string;
  let sshConfig: string;
  let configuration: Record<string, unknown>;
  let oracle: Oracle | undefined;
  let operator: Operator;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tearless-public-'));
    const up = await bringLabUp({ name, suites: ['bookworm'], relaysPerHost: 2 });
    lab = up.lab;
    sshConfig = up.sshConfigPath;
    configuration = parse(readFileSync(up.configPath, 'utf8'));
    [h1] = lab.hosts as [LabHost];
    operator = new Operator(join(folder, 'operator'));
    operator.declare({
      ...configuration,
      network: 'public',
      settings: [{ select: 'h1/alpha', allocator: 'mimalloc' }],
      // A lab is small: each of its relays is a large part of it.
      restart: { soak: '1s', weightDown: 100, hsDirLoss: 100 },
    });
  });
  after(async () => {
    await operator?.[Symbol.asyncDispose]();
    await oracle?.stop({ abandon: true });
    await lab?.network.disconnect();
    await dropLab(name);
    rmSync(folder, { recursive: true, force: true });
  });

  let plan: Plan;

  test('is passed by what a public network can tell, traffic and the consensus included', async () => {
    const fleet = lab.fleet.map(({ fingerprint }) => fingerprint);
    oracle = await startOracle({ network: lab.network, fleet, ratePerSecond: 8, downloads: 6, downloadSeconds: 20 });
    await waitFor(() => (oracle?.records.length ?? 0) > 20, { what: 'traffic to flow', timeoutMs: 5 * 60_000 });
    const former = await readWhole(h1);
    await operator.run(0, 'plan', '--gate', 'consensus', '--out', 'public.plan');
    plan = parsePlan(readFileSync(join(operator.folder, 'public.plan'), 'utf8'), 'public.plan');
    const [baseline] = plan.items.flatMap(({ gates }) =>
      gates.flatMap(({ params }) => params.baselineBytesPerSecond ?? []),
    );
    assert.ok(typeof baseline === 'number' && baseline > 1000, `${baseline} bytes a second were measured`);

    const fingerprint = lab.fleet.find((relay) => relay.name === 'alpha')?.fingerprint ?? '';
    const running = operator.start('apply', 'public.plan', '--yes');
    await running.at({ kind: 'step.intended', step: 'restart' });
    oracle.restarting(fingerprint);
    await running.at({ kind: 'gate.passed', gate: 'bootstrapped' });
    oracle.restarted(fingerprint);
    const { exitCode, events, stderr } = await running.ended;
    assert.equal(exitCode, 0, stderr);
    const passed = events.filter(({ kind, item }) => kind === 'gate.passed' && item === 'h1/alpha');
    assert.deepEqual(passed.map(({ gate }) => gate).sort(), [
      'allocator-loaded',
      recovered,
      'bootstrapped',
      'descriptor-accepted',
      'listed-running',
      'no-new-warnings',
      'orport-reachable',
      'unit-stable',
    ]);
    const evidenceOf = (gate: string) => passed.find((event) => event.gate === gate)?.evidence as RunLine | undefined;
    assert.ok(Number(evidenceOf(recovered)?.bytesPerSecond) >= baseline / 2);
    assert.match(String(evidenceOf('no-new-warnings')?.source), /journal is not readable/);
    // The way back restarts it too.
    oracle.restarting(fingerprint);
    await operator.run(0, ...undoLast);
    oracle.restarted(fingerprint);
    assert.deepEqual(compareWhole(former, await readWhole(h1)), []);
    const { requests } = oracle.summary();
    assert.deepEqual([requests.sent > 20, requests.failed], [true, 0]);
  });

  test('goes back when the traffic stays away', async () => {
    await oracle?.stop({ abandon: true });
    const former = await readWhole(h1);
    // An hour is what a public network may take; here the gate alone, and half a minute. The traffic before is put
    // beyond what fetching a consensus moves, which a relay that has just started does.
    const items = plan.items.map((item) => ({
      ...item,
      gates: item.gates
        .filter(({ id }) => id === recovered)
        .map((gate) => ({
          ...gate,
          deadlineMs: 30_000,
          params: { ...gate.params, baselineBytesPerSecond: 50_000_000 },
        })),
    }));
    const { digest: _, ...impatient } = { ...plan, items };
    const destination = { host: 'h1', user: 'operator', configFile: sshConfig };
    const store = await openStore(join(folder, 'impatient.db'));
    const host = createSshHost({ name: 'h1', helper: currentHelper(), destination });
    const waited: string[] = [];
    const setup = { hosts: () => host, store, registry: kinds(), clock: systemClock, holder: readOwnHolder() };
    const onEvent = (event: RunEvent) => {
      if (event.kind === 'gate.waiting') waited.push(event.message);
    };
    try {
      const { run, outcome, state } = await applyPlan({ ...setup, plan: sealPlan(impatient), onEvent });
      assert.equal(outcome, 'failed-undone');
      assert.equal(state.items['h1/alpha']?.phase, 'undone');
      assert.match(state.stopped?.failure.message ?? '', /moves .* MB\/s of .* MB\/s/);
      // The batch before it, which held the package.
      assert.equal((await undoRun({ ...setup, run })).outcome, 'undone');
    } finally {
      await host.close();
      await store.close();
    }
    assert.ok(waited.length > 0, 'it was waited for');
    assert.deepEqual(compareWhole(former, await readWhole(h1)), []);
  });

  test('takes tor@default along like any other', async () => {
    const single = `
      sed -e 's/^Nickname .*/Nickname single/' -e 's/:9001 /:9005 /' -e /^MyFamily/d /etc/tor/instances/alpha/torrc >/etc/tor/torrc
      systemctl unmask --quiet tor@default.service
      systemctl start tor@default.service`;
    await sh(h1, single);
    const former = await readWhole(h1);
    const { allocators } = configuration;
    await using adopter = new Operator(join(folder, 'adopter'));
    // Its descriptor is made a moment after its start.
    const running = async () =>
      /^Bootstrapped 100%/m.test(await sh(h1, 'journalctl -u tor@default -o cat | sed "s/^.*Boot/Boot/"'));
    await waitFor(running, { what: 'tor@default to bootstrap', timeoutMs: 5 * 60_000 });
    await adopter.run(0, 'adopt', 'h1', '--user', 'operator', '--ssh-config', sshConfig, '--out', 'found.yaml');
    const found = parse(readFileSync(join(adopter.folder, 'found.yaml'), 'utf8'));
    const ids = found.relays.map(({ relay }: { relay: string }) => relay);
    assert.deepEqual(ids, ['h1/alpha', 'h1/bravo', 'h1/default']);

    const settings = [{ select: 'h1/default', allocator: 'jemalloc', torrc: { MaxMemInQueues: '512 MB' } }];
    adopter.declare({ ...found, sshConfig, allocators, settings, restart: { soak: '1s' } });
    const { result } = await adopter.run(0, 'apply', '--yes');
    assert.deepEqual(
      result.items.map(({ id }) => id),
      ['h1/(host)', 'h1/default'],
    );
    const pid = await sh(h1, 'systemctl show --value -p MainPID tor@default.service');
    assert.match(await sh(h1, 'cat "/proc/$1/maps"', pid), /libjemalloc/);
    assert.match(await sh(h1, 'cat /etc/tor/torrc'), /^MaxMemInQueues 512 MB$/m);
    await adopter.run(0, ...undoLast);
    assert.deepEqual(compareWhole(former, await readWhole(h1)), []);
  });
});
