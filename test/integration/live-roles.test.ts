// Live updates of tors in roles of their own, each at a moment of its own: a relay with accounting on and many circuits; the same with
// its worker threads at work, held at the n-th wait of each; a bridge; a directory authority between its vote and the consensus; an
// onion service. Before each, updates that fail: they go on as they were. At the end each ends in the middle of one.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import { nodeAddress } from '@tearless/lab/base/lab-name.ts';
import { type LabRecord, labPaths } from '@tearless/lab/base/lab-state.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { Network } from '@tearless/lab/network/network.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import { type EchoServer, startEchoServer } from '@tearless/lab/traffic/echo-server.ts';
import { HeldStream } from '@tearless/lab/traffic/held-stream.ts';
import { connectSocks } from '@tearless/lab/traffic/socks.ts';
import type { LiveBuild } from 'tearless/live/apply/live-build.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { tryAgain } from 'tearless/live/streak/try-again.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { suffixOf } from 'tearless/live/testing/successors/successor.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { endsMidWay, prepare, type Step, survivesFaults } from './live/bad-updates.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from './live/means.ts';

const echoPort = 8093;
/** Circuits, so many at a time. */
const crowds = process.env.TEARLESS_SOAK === '1' ? 4 : 2;
const crowd = 100;
const withinMs = 5 * 60_000;
/** Circuits that are asked for at once while workers are to have something to do. */
const asking = 16;
const onionPort = 8094;
const roles: Readonly<Record<string, string>> = {
  'a bridge': 'relay1',
  'a directory authority': 'authority0',
  'an onion service': 'service0',
};

suite('live updates by role', { skip: noInjection() ?? false, timeout: 60 * 60_000 }, () => {
  const name = `tlroles${process.pid}`;
  let lab: LabRecord;
  let network: Network;
  const echoes: EchoServer[] = [];
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
    const socket = join(labPaths(name).network, 'echo.sock');
    const own: Record<string, readonly string[]> = {
      relay0: ['AccountingMax 10 GBytes', 'AccountingStart day 00:00', 'NumCPUs 4'],
      relay1: ['BridgeRelay 1', 'PublishServerDescriptor 0', 'ExitRelay 0'],
      // A machine that does much else takes longer for hundreds at once than a client of this network waits.
      client0: ['CircuitBuildTimeout 600'],
      service0: [`HiddenServicePort ${onionPort} unix:${socket}`],
    };
    network = await startNetwork({
      authorities: 3,
      relays: 4,
      clients: 2,
      services: 1,
      lab,
      ownerPid: process.pid,
      timeoutMs: 5 * 60_000,
      ownOf: ({ nickname, address }) => {
        if (nickname === 'relay1') bridge = address;
        const lines = nickname === 'client1' ? ['UseBridges 1', `Bridge ${bridge}:9001`] : (own[nickname] ?? []);
        return { tor, extraTorrc: [...lines] };
      },
    });
    for (const place of [{ address: nodeAddress(lab.net, 0, 'loopback'), port: echoPort }, { socket }])
      echoes.push(await startEchoServer(place));
  });
  after(async () => {
    means?.[Symbol.dispose]();
    for (const echo of echoes) await echo.close();
    await network?.stop();
    await dropLab(name);
  });

  const nodeOf = (nickname: string): NetworkNode => {
    const node = network.nodes.find((one) => one.nickname === nickname);
    assert.ok(node !== undefined);
    return node;
  };

  const openStream = (client: NetworkNode, onion?: string): Promise<HeldStream> =>
    waitFor(
      async () => {
        try {
          const place = onion ?? nodeAddress(lab.net, 0, 'loopback');
          const port = onion === undefined ? echoPort : onionPort;
          const target = { host: place, port, username: client.nickname };
          const socket = await connectSocks(client.plan.socksSocket ?? '', target, AbortSignal.timeout(withinMs));
          return new HeldStream(socket, { name: `stream of ${client.nickname}` });
        } catch {
          return undefined; // a young network: nothing is under test yet
        }
      },
      { what: `a stream of ${client.nickname}`, timeoutMs: withinMs },
    );

  const step = (): Step => ({ means, former: builds[0], next: builds[1] });

  const prepared = (node: NetworkNode) => prepare(step(), node.pid ?? 0);

  /** After updates that had to fail. */
  const begin = async (node: NetworkNode): Promise<Streak> => {
    await survivesFaults(step(), (await prepared(node)).plan, tor);
    await runs(node, 0);
    return Streak.begin({ door: means.door, pid: node.pid ?? 0, build: builds[0], ...patience });
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

  test(`a relay with ${crowds * crowd} circuits and accounting, while its workers answer more`, async () => {
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
    const ask = () => Promise.all(Array.from({ length: crowd }, () => client.extendCircuit({ path: hops })));
    const all = (ids: readonly string[], what: string) =>
      waitFor(() => ids.every((id) => built.has(id)), { what, timeoutMs: withinMs });
    const old: string[] = [];
    for (let turn = 0; turn < crowds; turn++) {
      old.push(...(await ask()));
      await all(old, 'circuits before the update');
    }
    const bytesOf = async () => (await control.getInfo('accounting/bytes')).split(' ').map(Number);
    const before = await bytesOf();
    const streak = await begin(relay);
    const asked = ask();
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

  test('an onion service: the stream to it goes on, and new ones come', async () => {
    const [client, service] = [nodeOf('client0'), nodeOf('service0')];
    const stream = await openStream(client, service.onionAddress);
    await carry(service, async () => {
      await stream.moves();
      const another = await openStream(client, service.onionAddress);
      await another.moves();
      await another.finish();
    });
    await stream.finish();
  });

  /**
   * Circuits through relay0 are asked for without end meanwhile.
   * @param work is given what resolves once as many more were answered as are asked for at once
   * @returns why one failed
   */
  const whileAsked = async (work: (answered: () => Promise<void>) => Promise<void>): Promise<string | undefined> => {
    const client = await nodeOf('client0').control;
    const hops = ['authority0', 'relay0', 'relay2'].map((one) => `$${nodeOf(one).fingerprint}`);
    const events = client.events('CIRC');
    await events.ready;
    let failed: string | undefined;
    let count = 0;
    let next = Promise.withResolvers<void>();
    const open = new Set<string>();
    const more = async (): Promise<void> => void open.add(await client.extendCircuit({ path: hops }));
    const follow = (async () => {
      for await (const { status, id, reason } of events) {
        if (!open.has(id) || status === 'LAUNCHED' || status === 'EXTENDED') continue;
        open.delete(id);
        // It may have ended by itself.
        if (status === 'BUILT') await client.closeCircuit(id).catch(() => {});
        else failed ??= `circuit ${id}: ${status}, ${reason}`;
        if (++count % asking === 0) next.resolve();
        await more();
      }
    })();
    follow.catch((error) => next.reject(error));
    try {
      await Promise.all(Array.from({ length: asking }, more));
      await work(() => {
        next = Promise.withResolvers();
        return next.promise;
      });
    } finally {
      await events[Symbol.asyncDispose]();
    }
    await follow.catch((error) => (failed ??= String(error)));
    return failed;
  };

  for (const nth of [1, 2, 5])
    test(`a relay whose workers answer circuits without end, held at wait ${nth} of each thread`, async () => {
      const relay = nodeOf('relay0');
      const door = means.doorAt(nth);
      const failed = await whileAsked(async (answered) => {
        await answered();
        await survivesFaults({ ...step(), means: { ...means, door } }, (await prepared(relay)).plan, tor);
        const { plan, reverse } = await prepared(relay);
        await answered();
        await tryAgain(20, () => door.inject('apply', plan, patience));
        await runs(relay, 1);
        await answered();
        await tryAgain(20, () => door.inject('rollback', reverse, patience));
        await runs(relay, 0);
        await answered();
      });
      assert.equal(failed, undefined);
    });

  test('a directory authority between its vote and the consensus: it signs that', async () => {
    const authority = nodeOf('authority0');
    const control = await authority.control;
    const identity = /v3ident=(\S+)/.exec(
      network.dirAuthorityLines.find((line) => line.includes(' authority0 ')) ?? '',
    )?.[1];
    const said: string[] = [];
    let heard = Promise.withResolvers<void>();
    const notices = control.events('NOTICE');
    await notices.ready;
    const follow = (async () => {
      for await (const { text } of notices) {
        said.push(text);
        heard.resolve();
        heard = Promise.withResolvers();
      }
    })();
    /** What its log says next of these. */
    const next = async (words: string): Promise<void> => {
      for (let from = said.length; !said.slice(from).some((line) => line.includes(words)); ) await heard.promise;
    };
    const timeToVote = () => next('Time to vote.');
    const isComputing = (from: number) => said.slice(from).some((line) => line.includes('Time to compute a consensus'));
    const signed = async (): Promise<void> => {
      const events = control.events('NEWCONSENSUS');
      await events.ready;
      for await (const _ of events) {
        const text = await control.getInfo('dir/status-vote/current/consensus');
        if (text.includes(`\ndirectory-signature ${identity} `)) break;
      }
    };
    await timeToVote();
    const streak = await begin(authority);
    // A machine that does much else may come too late for a round; the next one is ten seconds away.
    for (let isBetween = false; !isBetween; ) {
      await timeToVote();
      const from = said.length;
      await streak.forward(builds[1], undefined);
      isBetween = !isComputing(from);
      if (!isBetween) await streak.back();
    }
    await runs(authority, 1);
    await signed();
    await streak.back();
    await runs(authority, 0);
    await signed();
    await notices[Symbol.asyncDispose]();
    await follow;
  });

  test('a relay whose workers are at work, and that ends in the middle of an update, is reported', async () => {
    await whileAsked(async (answered) => {
      await answered();
      await endsMidWay(step(), (await prepared(nodeOf('relay0'))).plan);
    });
  });

  for (const [role, nickname] of Object.entries(roles))
    test(`${role} that ends in the middle of an update is reported`, async () => {
      const node = nodeOf(nickname);
      await endsMidWay(step(), (await prepared(node)).plan);
    });
});
