// Live updates of clients at chosen moments of their start and of a download. What relays send them comes through a gate that closes when
// the client says that it has reached a stage: there it stays, however long the update takes, and updates that must fail before it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { nodeAddress } from '@tearless/lab/base/lab-name.ts';
import { type LabRecord, labPaths, labsRoot } from '@tearless/lab/base/lab-state.ts';
import { watchBootstrap } from '@tearless/lab/network/milestones.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import { NetworkNode } from '@tearless/lab/network/network-node.ts';
import type { NodePlan } from '@tearless/lab/network/node-plan.ts';
import { renderTorrc } from '@tearless/lab/network/node-torrc.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import { fetchBody } from '@tearless/lab/traffic/fetch-body.ts';
import { connectSocks } from '@tearless/lab/traffic/socks.ts';
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { endsMidWay, prepare, type Step, survivesFaults } from './live/bad-updates.ts';
import { Gate } from './live/gate.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

const withinMs = 5 * 60_000;
/** So many answers of a tor, each a turn of its event loop, and it has read what came before. */
const turns = 6;
const body = { id: 'live-download', totalBytes: 200_000, bytesPerSecond: 0 };

interface Stage {
  /** As tor names it in its BOOTSTRAP events. */
  readonly tag: string;
  /** So many pieces later. */
  readonly pieces?: number;
  /** Percents that it cannot have reached with what it has: a consensus, descriptors enough, a circuit. */
  readonly below: number;
}

const stages: Readonly<Record<string, Stage>> = {
  'before it has a consensus': { tag: 'requesting_status', below: 45 },
  'in the middle of a consensus': { tag: 'loading_status', below: 45 },
  'while it waits for microdescriptors': { tag: 'requesting_descriptors', below: 75 },
  'while microdescriptors come': { tag: 'requesting_descriptors', pieces: 4, below: 75 },
  'while its first circuit is built': { tag: 'circuit_create', below: 100 },
};

suite('live updates of clients', { skip: noInjection() ?? false, timeout: 60 * 60_000 }, () => {
  const name = `tlclients${process.pid}`;
  let lab: LabRecord;
  let network: Network;
  let means: Means;
  let builds: readonly [LiveBuild, LiveBuild];
  let tor: string;

  before(async () => {
    const directories = await ensureBuilds(successorEdits.slice(0, 1));
    tor = `${directories[0]}/tor`;
    const [former, next] = directories.map(loadBuild);
    assert.ok(former !== undefined && next !== undefined);
    builds = [former, next];
    means = compileMeans();
    lab = await claimLab(name);
    const counts = { authorities: 3, relays: 4, clients: 0, services: 0 };
    network = await startNetwork({
      ...counts,
      lab,
      ownerPid: process.pid,
      timeoutMs: withinMs,
      ownOf: () => ({ tor }),
    });
  });
  after(async () => {
    means?.[Symbol.dispose]();
    await network?.stop();
    await dropLab(name);
  });

  const step = (): Step => ({ means, former: builds[0], next: builds[1] });

  const phaseOf = async (control: Controller): Promise<{ readonly tag: string; readonly percents: number }> => {
    let phase = '';
    for (let turn = 0; turn < turns; turn++) phase = await control.getInfo('status/bootstrap-phase');
    const [, percents, tag = phase] = /\bPROGRESS=(\d+) TAG=(\S+)/.exec(phase) ?? [];
    return { tag, percents: Number(percents) };
  };

  /** Has the client begin. @returns resolves when it says that it is there, and gets no byte more */
  const beginUntil = async (client: NetworkNode, gate: Gate, { tag, pieces = 0, below }: Stage): Promise<void> => {
    const control = await client.control;
    let left = pieces;
    const reached = gate.closeWhen(async () => {
      const phase = await phaseOf(control);
      assert.ok(phase.percents < below, `it was at ${phase.tag} and not held at ${tag}`);
      if (phase.tag === tag || left < pieces) left -= 1;
      return left < 0;
    });
    await control.setConf({ DisableNetwork: '0' });
    await reached;
  };

  let made = 0;
  /** A client that goes through a gate, and has not begun yet. */
  const startClient = async (gate: Gate): Promise<NetworkNode & AsyncDisposable> => {
    const nickname = `late${made++}`;
    const folder = join(labPaths(name).network, nickname);
    mkdirSync(folder, { mode: 0o700 });
    const plan: NodePlan = {
      role: 'client',
      nickname,
      address: nodeAddress(lab.net, 100, 'loopback'),
      folder,
      controlSocket: join(folder, 'control.sock'),
      socksSocket: join(folder, 'socks.sock'),
      tor,
      // The circuit that it builds when the gate closes is the one that it has afterwards.
      extraTorrc: [gate.torrc, 'CircuitBuildTimeout 600'],
    };
    const client = new NetworkNode(plan, { lab: name, root: labsRoot() });
    const voting = { firstIntervalSeconds: 5, intervalSeconds: 10 };
    const common = { dirAuthorityLines: network.dirAuthorityLines, voting, family: [], fleetNodes: [], webSocket: '' };
    client.writeTorrc(renderTorrc(plan, common));
    await client.start(['--__OwningControllerProcess', String(process.pid), '--DisableNetwork', '1']);
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.stop() });
  };

  const runs = async (control: Controller, generation: number): Promise<void> => {
    const version = await control.getInfo('version');
    assert.equal(version.includes(suffixOf(1)), generation === 1, version);
  };

  const begin = (client: NetworkNode): Promise<Streak> =>
    Streak.begin({ door: means.door, pid: client.pid ?? 0, build: builds[0], ...patience });

  const fetch = async (client: NetworkNode): Promise<string> => {
    const { address: host, port } = network.web;
    const signal = AbortSignal.timeout(withinMs);
    const socket = await connectSocks(client.plan.socksSocket ?? '', { host, port, username: 'download' }, signal);
    const { end, reason } = await fetchBody(socket, body, { host, silenceMs: withinMs, signal });
    return reason ?? end;
  };

  for (const [when, stage] of Object.entries(stages))
    test(`a client ${when} goes on as it was, takes new code, and gets there`, async () => {
      await using gate = await Gate.start();
      await using client = await startClient(gate);
      const control = await client.control;
      await beginUntil(client, gate, stage);
      const pid = client.pid ?? 0;
      await survivesFaults(step(), (await prepare(step(), pid)).plan, tor);
      await runs(control, 0);
      const streak = await begin(client);
      await streak.forward(builds[1], undefined);
      await runs(control, 1);
      assert.ok((await phaseOf(control)).percents < stage.below, 'it stands where it stood');
      gate.open();
      await watchBootstrap(client, AbortSignal.timeout(withinMs));
      assert.equal(await fetch(client), 'complete');
      await streak.back();
      await runs(control, 0);
      assert.equal(await fetch(client), 'complete');
      assert.equal(client.pid, pid);
    });

  test('a client in the middle of a download goes on as it was, takes new code and the former one, and has every byte', async () => {
    await using gate = await Gate.start();
    await using client = await startClient(gate);
    const control = await client.control;
    await control.setConf({ DisableNetwork: '0' });
    await watchBootstrap(client, AbortSignal.timeout(withinMs));
    assert.equal(await fetch(client), 'complete');
    let pieces = 0;
    const middle = () => gate.closeWhen(async () => ++pieces === 100);
    const first = middle();
    const downloaded = fetch(client);
    await first;
    await survivesFaults(step(), (await prepare(step(), client.pid ?? 0)).plan, tor);
    const streak = await begin(client);
    await streak.forward(builds[1], undefined);
    await runs(control, 1);
    pieces = 0;
    const second = middle();
    gate.goOn();
    await second;
    await streak.back();
    await runs(control, 0);
    gate.open();
    assert.equal(await downloaded, 'complete');
  });

  test('a client that ends in the middle of its start while it is updated is reported', async () => {
    await using gate = await Gate.start();
    await using client = await startClient(gate);
    await beginUntil(client, gate, { tag: 'circuit_create', below: 100 });
    await endsMidWay(step(), (await prepare(step(), client.pid ?? 0)).plan);
  });
});
