// Live updates of tors in roles of their own, each at a moment of its own: a relay with accounting on and many circuits; the same with
// its worker threads at work, held at the n-th wait of each; a bridge; a directory authority between its vote and the consensus; an
// onion service. Before each, updates that fail: they go on as they were. At the end each ends in the middle of one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { nodeAddress } from '@tearless/lab/base/lab-name.ts';
import { labPaths } from '@tearless/lab/base/lab-state.ts';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { type EchoServer, startEchoServer } from '@tearless/lab/traffic/echo-server.ts';
import { HeldStream } from '@tearless/lab/traffic/held-stream.ts';
import { connectSocks } from '@tearless/lab/traffic/socks.ts';
import { tryAgain } from 'tearless/live/streak/try-again.ts';
import { endsMidWay, survivesFaults } from './live/bad-updates.ts';
import { Circuits } from './live/circuits.ts';
import { LiveLab } from './live/live-lab.ts';
import { noInjection, patience } from './live/means.ts';

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
  'an onion service': 'service0',
};

suite('live updates by role', { skip: noInjection() ?? false, timeout: 60 * 60_000 }, () => {
  const name = `tlroles${process.pid}`;
  let live: LiveLab;
  const echoes: EchoServer[] = [];

  before(async () => {
    let bridge = '';
    const socket = join(labPaths(name).network, 'echo.sock');
    const own: Record<string, readonly string[]> = {
      relay0: ['AccountingMax 10 GBytes', 'AccountingStart day 00:00', 'NumCPUs 4'],
      relay1: ['BridgeRelay 1', 'PublishServerDescriptor 0', 'ExitRelay 0'],
      // A machine that does much else takes longer for hundreds at once than a client of this network waits.
      client0: ['CircuitBuildTimeout 600'],
      service0: [`HiddenServicePort ${onionPort} unix:${socket}`],
    };
    live = await LiveLab.start(name, {
      ...{ authorities: 3, relays: 4, clients: 2, services: 1 },
      linesOf: ({ nickname, address }) => {
        if (nickname === 'relay1') bridge = address;
        return nickname === 'client1' ? ['UseBridges 1', `Bridge ${bridge}:9001`] : (own[nickname] ?? []);
      },
    });
    for (const place of [{ address: nodeAddress(live.lab.net, 0, 'loopback'), port: echoPort }, { socket }])
      echoes.push(await startEchoServer(place));
  });
  after(async () => {
    for (const echo of echoes) await echo.close();
    await live?.[Symbol.asyncDispose]();
  });

  const nodeOf = (nickname: string): NetworkNode => live.nodeOf(nickname);

  const openStream = (client: NetworkNode, onion?: string): Promise<HeldStream> =>
    waitFor(
      async () => {
        try {
          const place = onion ?? nodeAddress(live.lab.net, 0, 'loopback');
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

  /** Forward, what must hold, back, what must hold. */
  const carry = async (node: NetworkNode, check: () => Promise<void>): Promise<void> => {
    const streak = await live.begin(node);
    await streak.forward(live.next, undefined);
    await live.runs(node, 1);
    await check();
    await streak.back();
    await live.runs(node, 0);
    await check();
  };

  const hopsOver = (relay: string): string[] =>
    ['authority0', relay, 'relay2'].map((one) => `$${nodeOf(one).fingerprint}`);

  /** Hundreds of them, all built. */
  const manyOf = async (circuits: Circuits): Promise<string[]> => {
    const all: string[] = [];
    for (let turn = 0; turn < crowds; turn++) {
      all.push(...(await circuits.ask(crowd)));
      await circuits.built(all, 'circuits before the update');
    }
    return all;
  };

  test(`a relay with ${crowds * crowd} circuits and accounting, while its workers answer more`, async () => {
    const relay = nodeOf('relay0');
    const control = await relay.control;
    await using circuits = await Circuits.of(await nodeOf('client0').control, hopsOver('relay0'));
    const old = await manyOf(circuits);
    const bytesOf = async () => (await control.getInfo('accounting/bytes')).split(' ').map(Number);
    const before = await bytesOf();
    const streak = await live.begin(relay);
    const asked = circuits.ask(crowd);
    asked.catch(() => {}); // waited for below, or something else has failed
    await streak.forward(live.next, undefined);
    await live.runs(relay, 1);
    await circuits.built(await asked, 'circuits that were asked for meanwhile');
    // A cell over each old circuit: it goes through the relay's new code.
    await circuits.extend(old, `$${nodeOf('relay3').fingerprint}`);
    assert.deepEqual(circuits.lostOf(old), []);
    const afterwards = await bytesOf();
    assert.ok(
      afterwards.every((bytes, index) => bytes >= (before[index] ?? 0)),
      `${before} ${afterwards}`,
    );
    assert.equal(await control.getInfo('accounting/enabled'), '1');
    await streak.back();
    await live.runs(relay, 0);
    await circuits.close([...old, ...(await asked)]);
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
   * @param work is given what resolves once one was answered that was asked for after the call
   * @returns why one failed
   */
  const whileAsked = async (work: (answered: () => Promise<void>) => Promise<void>): Promise<string | undefined> => {
    const client = await nodeOf('client0').control;
    const hops = hopsOver('relay0');
    const events = client.events('CIRC');
    await events.ready;
    let failed: string | undefined;
    let left = 0;
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
        left -= 1;
        if (left === 0) next.resolve();
        await more();
      }
    })();
    /** Nothing is asked for any more. */
    const over = follow.then(() => assert.fail('the events ended'));
    over.catch(() => {}); // told to whoever waits for answers
    try {
      await Promise.all(Array.from({ length: asking }, more));
      await work(() => {
        // So many at most are under way already.
        left = asking + 1;
        next = Promise.withResolvers();
        return Promise.race([next.promise, over]);
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
      const door = live.means.doorAt(nth);
      const failed = await whileAsked(async (answered) => {
        await answered();
        await survivesFaults(
          { ...live.step, means: { ...live.means, door } },
          (await live.prepared(relay)).plan,
          live.tor,
        );
        const { plan, reverse } = await live.prepared(relay);
        await answered();
        await tryAgain(20, () => door.inject('apply', plan, patience));
        await live.runs(relay, 1);
        await answered();
        await tryAgain(20, () => door.inject('rollback', reverse, patience));
        await live.runs(relay, 0);
        await answered();
      });
      assert.equal(failed, undefined);
    });

  test('a directory authority between its vote and the consensus: it signs that', async () => {
    const authority = nodeOf('authority0');
    const control = await authority.control;
    const identity = /v3ident=(\S+)/.exec(
      live.network.dirAuthorityLines.find((line) => line.includes(' authority0 ')) ?? '',
    )?.[1];
    assert.ok(identity !== undefined);
    const said: string[] = [];
    let heard = Promise.withResolvers<void>();
    await using notices = control.events('NOTICE');
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
    const streak = await live.begin(authority);
    // A machine that does much else may come too late for a round; the next one is ten seconds away.
    for (let isBetween = false; !isBetween; ) {
      await timeToVote();
      const from = said.length;
      await streak.forward(live.next, undefined);
      // What it logged before the update was heard before this answer.
      await live.runs(authority, 1);
      isBetween = !isComputing(from);
      if (!isBetween) await streak.back();
    }
    await signed();
    await streak.back();
    await live.runs(authority, 0);
    await signed();
    await notices[Symbol.asyncDispose]();
    await follow;
  });

  test(`a relay with ${crowds * crowd} circuits whose workers are at work, and that ends in the middle of an update, is reported`, async () => {
    await using circuits = await Circuits.of(await nodeOf('client0').control, hopsOver('relay0'));
    const many = await manyOf(circuits);
    await whileAsked(async (answered) => {
      await answered();
      assert.deepEqual(circuits.lostOf(many), []);
      await live.endsMidWay(nodeOf('relay0'));
    });
  });

  test('a directory authority that ends between its vote and the consensus, in the middle of an update, is reported', async () => {
    const vote = 'Time to vote.';
    const logOf = (node: NetworkNode): string => readFileSync(join(node.plan.folder, 'notice.log'), 'latin1');
    const isBetween = (log: string): boolean => log.lastIndexOf(vote) > log.lastIndexOf('Time to compute a consensus');
    // A machine that does much else may come too late for one.
    for (const authority of ['authority0', 'authority1', 'authority2'].map(nodeOf)) {
      const { plan } = await live.prepared(authority);
      const { length } = logOf(authority);
      await waitFor(() => logOf(authority).includes(vote, length), { what: 'its vote', timeoutMs: withinMs });
      await endsMidWay(live.step, plan);
      // Whatever it did, it wrote down before.
      if (isBetween(logOf(authority))) return;
    }
    assert.fail('none of them ended between');
  });

  for (const [role, nickname] of Object.entries(roles))
    test(`${role} that ends in the middle of an update is reported`, async () => {
      await live.endsMidWay(nodeOf(nickname));
    });
});
