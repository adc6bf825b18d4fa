// Live updates of tors in roles of their own, each at a moment of its own: a relay with accounting on and many circuits, while its
// worker threads answer more; a bridge; a directory authority between its vote and its signature; a client that is starting. Before each,
// updates that fail: they go on as they were.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { nodeAddress } from '@tearless/lab/base/lab-name.ts';
import { type LabRecord, labPaths, labsRoot } from '@tearless/lab/base/lab-state.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { watchBootstrap } from '@tearless/lab/network/milestones.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { renderTorrc } from '@tearless/lab/network/node-torrc.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import { type EchoServer, startEchoServer } from '@tearless/lab/traffic/echo-server.ts';
import { HeldStream } from '@tearless/lab/traffic/held-stream.ts';
import { connectSocks } from '@tearless/lab/traffic/socks.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { survivesFaults } from './live/bad-updates.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

const echoPort = 8093;
const circuits = process.env.TEARLESS_SOAK === '1' ? 400 : 100;
const withinMs = 120_000;

suite('live updates by role', { skip: noInjection() ?? false, timeout: 60 * 60_000 }, () => {
  const name = `tlroles${process.pid}`;
  let lab: LabRecord;
  let network: Network;
  let echo: EchoServer;
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
    let bridge = '';
    const own: Record<string, readonly string[]> = {
      relay0: ['AccountingMax 10 GBytes', 'AccountingStart day 00:00', 'NumCPUs 4'],
      relay1: ['BridgeRelay 1', 'PublishServerDescriptor 0', 'ExitRelay 0'],
    };
    network = await startNetwork({
      authorities: 3,
      relays: 4,
      clients: 2,
      services: 0,
      lab,
      ownerPid: process.pid,
      timeoutMs: 5 * 60_000,
      ownOf: ({ nickname, address }) => {
        if (nickname === 'relay1') bridge = address;
        const lines = nickname === 'client1' ? ['UseBridges 1', `Bridge ${bridge}:9001`] : (own[nickname] ?? []);
        return { tor, extraTorrc: [...lines] };
      },
    });
    echo = await startEchoServer({ address: nodeAddress(lab.net, 0, 'loopback'), port: echoPort });
  });
  after(async () => {
    means?.[Symbol.dispose]();
    await echo?.close();
    await network?.stop();
    await dropLab(name);
  });

  const nodeOf = (nickname: string): NetworkNode => {
    const node = network.nodes.find((one) => one.nickname === nickname);
    assert.ok(node !== undefined);
    return node;
  };

  const openStream = (client: NetworkNode): Promise<HeldStream> =>
    waitFor(
      async () => {
        try {
          const target = { host: nodeAddress(lab.net, 0, 'loopback'), port: echoPort, username: client.nickname };
          const socket = await connectSocks(client.plan.socksSocket ?? '', target, AbortSignal.timeout(withinMs));
          return new HeldStream(socket, { name: `stream of ${client.nickname}` });
        } catch {
          return undefined; // a young network: nothing is under test yet
        }
      },
      { what: `a stream of ${client.nickname}`, timeoutMs: withinMs },
    );

  /** After updates that had to fail. */
  const begin = async (node: NetworkNode): Promise<Streak> => {
    const [pid, build, { door }] = [node.pid ?? 0, builds[0], means];
    await survivesFaults({ door, former: build, next: builds[1] }, pid, tor);
    await runs(node, 0);
    return Streak.begin({ door, pid, build, ...patience });
  };

  const runs = async (node: NetworkNode, generation: number): Promise<void> => {
    const version = await (await node.control).getInfo('version');
    assert.equal(version.includes(suffixOf(1)), generation === 1, version);
  };

  /** Forward, what must hold, back, what must hold. */
  const carry = async (node: NetworkNode, check: () => Promise<void>): Promise<void> => {
    const streak = await begin(node);
    await streak.forward(builds[1], undefined);
    await runs(node, 1);
    await check();
    await streak.back();
    await runs(node, 0);
    await check();
  };

  test(`a relay with ${circuits} circuits and accounting, while its workers answer as many more`, async () => {
    const relay = nodeOf('relay0');
    const [control, client] = [await relay.control, await nodeOf('client0').control];
    const hops = ['authority0', 'relay0', 'relay2'].map((one) => `$${nodeOf(one).fingerprint}`);
    const built = new Set<string>();
    const lost: string[] = [];
    const events = client.events('CIRC');
    await events.ready;
    const follow = (async () => {
      for await (const event of events) {
        if (event.status === 'BUILT') built.add(event.id);
        else if (event.status === 'CLOSED' || event.status === 'FAILED') lost.push(event.id);
      }
    })();
    const ask = (count: number) =>
      Promise.all(Array.from({ length: count }, () => client.extendCircuit({ path: hops })));
    const all = (ids: readonly string[], what: string) =>
      waitFor(() => ids.every((id) => built.has(id)), { what, timeoutMs: withinMs });
    const old = await ask(circuits);
    await all(old, 'circuits before the update');
    const bytesOf = async () => (await control.getInfo('accounting/bytes')).split(' ').map(Number);
    const before = await bytesOf();
    const streak = await begin(relay);
    const asked = ask(circuits);
    await streak.forward(builds[1], undefined);
    await runs(relay, 1);
    await all(await asked, 'circuits that were asked for meanwhile');
    // A cell over each old circuit: it goes through the relay's new code.
    built.clear();
    const further = [`$${nodeOf('relay3').fingerprint}`];
    await Promise.all(old.map((circuitId) => client.extendCircuit({ circuitId, path: further })));
    await all(old, 'old circuits, one hop longer');
    assert.deepEqual(
      lost.filter((id) => old.includes(id)),
      [],
    );
    const afterwards = await bytesOf();
    assert.ok(
      afterwards.every((bytes, index) => bytes >= (before[index] ?? 0)),
      `${before} ${afterwards}`,
    );
    assert.equal(await control.getInfo('accounting/enabled'), '1');
    await streak.back();
    await runs(relay, 0);
    await events[Symbol.asyncDispose]();
    await follow;
    await Promise.all([...old, ...(await asked)].map((id) => client.closeCircuit(id).catch(() => {})));
  });

  test('a bridge: the stream of its client goes on, and new ones come', async () => {
    const client = nodeOf('client1');
    const stream = await openStream(client);
    await carry(nodeOf('relay1'), async () => {
      await stream.moves();
      const another = await openStream(client);
      await another.moves();
      await another.finish();
    });
    await stream.finish();
  });

  test('a directory authority between its vote and its signature goes on signing', async () => {
    const authority = nodeOf('authority0');
    const control = await authority.control;
    const streak = await begin(authority);
    const { votingIntervalSeconds } = network.record;
    const consensus = () => control.getInfo('dir/status-vote/current/consensus');
    const identity = /v3ident=(\S+)/.exec(
      network.dirAuthorityLines.find((line) => line.includes(' authority0 ')) ?? '',
    );
    const validAfter = (text: string) => Date.parse(`${/^valid-after (.*)$/m.exec(text)?.[1]}Z`);
    // The vote goes out four seconds before the next consensus, signatures two.
    await control.waitFor('NEWCONSENSUS', () => true, { timeoutMs: withinMs });
    const dueMs = validAfter(await consensus()) + votingIntervalSeconds * 1000;
    await waitFor(() => Date.now() > dueMs - 3500, { what: 'the vote', timeoutMs: withinMs });
    await streak.forward(builds[1], undefined);
    await runs(authority, 1);
    const updatedMs = Date.now();
    await waitFor(
      async () => {
        const text = await consensus();
        return validAfter(text) > updatedMs && text.includes(`\ndirectory-signature ${identity?.[1]} `);
      },
      { what: 'a consensus with its signature', timeoutMs: withinMs, intervalMs: 500 },
    );
    await streak.back();
    await runs(authority, 0);
  });

  test('a client in the middle of its start gets there', async () => {
    const folder = join(labPaths(name).network, 'late');
    mkdirSync(folder, { mode: 0o700 });
    const plan = {
      role: 'client',
      nickname: 'late',
      address: nodeAddress(lab.net, 100, 'loopback'),
      folder,
      controlSocket: join(folder, 'control.sock'),
      socksSocket: join(folder, 'socks.sock'),
      tor,
    } as const;
    const late = new NetworkNode(plan, { lab: name, root: labsRoot() });
    const { dirAuthorityLines } = network;
    const voting = { firstIntervalSeconds: 5, intervalSeconds: 10 };
    late.writeTorrc(
      renderTorrc(plan, {
        dirAuthorityLines: [...dirAuthorityLines],
        voting,
        family: [],
        fleetNodes: [],
        webSocket: '',
      }),
    );
    try {
      const control = await late.start(['--__OwningControllerProcess', String(process.pid), '--DisableNetwork', '1']);
      const streak = await begin(late);
      const events = control.events('STATUS_CLIENT');
      await events.ready;
      await control.setConf({ DisableNetwork: '0' });
      for await (const event of events) if (event.action === 'BOOTSTRAP') break;
      assert.doesNotMatch(await control.getInfo('status/bootstrap-phase'), /PROGRESS=100/);
      await streak.forward(builds[1], undefined);
      await runs(late, 1);
      await watchBootstrap(late, AbortSignal.timeout(withinMs));
      const stream = await openStream(late);
      await stream.moves();
      await streak.back();
      await stream.moves();
      await stream.finish();
    } finally {
      await late.stop();
    }
  });
});
