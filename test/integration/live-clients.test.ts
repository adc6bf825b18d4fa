// Live updates of clients at chosen moments of their start and of a download. What relays send them comes through a gate that closes when
// the client says that it has reached a stage: there it stays, however long the update takes, and updates that must fail before it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { nodeAddress } from '@tearless/lab/base/lab-name.ts';
import { labPaths, labsRoot } from '@tearless/lab/base/lab-state.ts';
import { watchBootstrap } from '@tearless/lab/network/milestones.ts';
import { NetworkNode } from '@tearless/lab/network/network-node.ts';
import type { NodePlan } from '@tearless/lab/network/node-plan.ts';
import { renderTorrc } from '@tearless/lab/network/node-torrc.ts';
import { fetchBody } from '@tearless/lab/traffic/fetch-body.ts';
import { connectSocks } from '@tearless/lab/traffic/socks.ts';
import type { Controller } from '@tearless/tor/control/controller.ts';
import { Gate } from './live/gate.ts';
import { LiveLab } from './live/live-lab.ts';
import { noInjection } from './live/means.ts';

const withinMs = 10 * 60_000;
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
  let live: LiveLab;

  before(async () => {
    live = await LiveLab.start(name, { authorities: 3, relays: 4, clients: 0, services: 0 });
  });
  after(() => live?.[Symbol.asyncDispose]());

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
      address: nodeAddress(live.lab.net, 100, 'loopback'),
      folder,
      controlSocket: join(folder, 'control.sock'),
      socksSocket: join(folder, 'socks.sock'),
      tor: live.tor,
      // The circuit that it builds when the gate closes is the one that it has afterwards.
      extraTorrc: [gate.torrc, 'CircuitBuildTimeout 600'],
    };
    const client = new NetworkNode(plan, { lab: name, root: labsRoot() });
    const voting = { firstIntervalSeconds: 5, intervalSeconds: 10 };
    const { dirAuthorityLines } = live.network;
    const common = { dirAuthorityLines, voting, family: [], fleetNodes: [], webSocket: '' };
    client.writeTorrc(renderTorrc(plan, common));
    await client.start(['--__OwningControllerProcess', String(process.pid), '--DisableNetwork', '1']);
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.stop() });
  };

  const fetch = async (client: NetworkNode): Promise<string> => {
    const { address: host, port } = live.network.web;
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
      const streak = await live.begin(client);
      await streak.forward(live.next, undefined);
      await live.runs(client, 1);
      assert.ok((await phaseOf(control)).percents < stage.below, 'it stands where it stood');
      gate.open();
      await watchBootstrap(client, AbortSignal.timeout(withinMs));
      assert.equal(await fetch(client), 'complete');
      await streak.back();
      await live.runs(client, 0);
      assert.equal(await fetch(client), 'complete');
      assert.equal(client.pid, pid);
    });

  test('a client in the middle of a download goes on as it was, takes new code and the former one, and has every byte; one that ends there is reported', async () => {
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
    downloaded.catch(() => {}); // it is waited for below, or something else has failed
    await first;
    const streak = await live.begin(client);
    await streak.forward(live.next, undefined);
    await live.runs(client, 1);
    pieces = 0;
    const second = middle();
    gate.goOn();
    await second;
    await streak.back();
    await live.runs(client, 0);
    gate.open();
    assert.equal(await downloaded, 'complete');
    // And one that ends half way through another.
    pieces = 0;
    const third = middle();
    const cut = fetch(client);
    cut.catch(() => {}); // as above
    await third;
    await live.endsMidWay(client);
    assert.notEqual(await cut, 'complete');
  });

  for (const [when, stage] of Object.entries(stages))
    test(`a client ${when} that ends in the middle of an update is reported`, async () => {
      await using gate = await Gate.start();
      await using client = await startClient(gate);
      await beginUntil(client, gate, stage);
      await live.endsMidWay(client);
    });
});
