// Probes through tor on a private network: of a worker by its own address, and of one that publishes nothing by a private one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { TorError } from '@tearless/tor/error.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { BalanceError } from '../../packages/tearless/src/balance/balance-error.ts';
import { Turns, turnRulesFor } from '../../packages/tearless/src/balance/circuits/turns.ts';
import { fetchDescriptor } from '../../packages/tearless/src/balance/learn/fetch-descriptor.ts';
import { LearnMemory } from '../../packages/tearless/src/balance/learn/learn-memory.ts';
import { decodeWorker, introPointsOf, type Learnt } from '../../packages/tearless/src/balance/learn/learnt.ts';
import {
  fetchedPeriod,
  listDirectories,
  readNetworkView,
} from '../../packages/tearless/src/balance/learn/network-view.ts';
import { packPoints } from '../../packages/tearless/src/balance/learn/packed-points.ts';
import type { Prober } from '../../packages/tearless/src/balance/model/prober.ts';
import { derivePrivateKey, makeProbeSecret } from '../../packages/tearless/src/balance/probe/private-address.ts';
import { PrivateFrontend, type PrivateSession } from '../../packages/tearless/src/balance/probe/private-frontend.ts';
import { createTorProber } from '../../packages/tearless/src/balance/probe/tor-prober.ts';
import { keysFromIdentity } from '../../packages/tearless/src/balance/publish/period-keys.ts';
import type { BalanceEvent } from '../../packages/tearless/src/balance/run/event.ts';
import { systemClock } from '../../packages/tearless/src/base/clock.ts';
import { LocalTransport } from '../../packages/tearless/src/host/local/local-transport.ts';
import { randomFromSeed } from '../../packages/tearless/src/stats/random/random.ts';
import { openStore, type Store } from '../../packages/tearless/src/store/store.ts';
import { type HiddenWorker, startHiddenWorker } from './balance/hidden-worker.ts';
import { declareFrontend, runInProcess } from './balance/in-process.ts';
import { helperOf } from './balance/node-helper.ts';
import { type OnionLab, startOnionLab } from './balance/onion-lab.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const someBytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

suite('probes through tor', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const name = `probe${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'tearless-probe-'));
  const stopping = new AbortController();
  const { signal } = stopping;
  const secret = makeProbeSecret(someBytes);
  const turns = new Turns(turnRulesFor(1), systemClock);
  let lab: OnionLab;
  let store: Store;
  let prober: Prober;
  let hidden: HiddenWorker;
  let privateFrontend: PrivateFrontend;

  const readSession = async (): Promise<PrivateSession> => {
    const controller = await lab.balancer.control;
    const view = await readNetworkView(controller, true);
    return { controller, view, turns, mayPublish: () => true, republishMs: [3_600_000, 7_200_000] };
  };
  const learnHidden = async ({ view }: PrivateSession): Promise<Learnt> =>
    decodeWorker(await hidden.readDescriptor(), {
      address: hidden.address,
      periods: view.periods.map(({ slot }) => slot.period),
      nowMs: Date.now(),
      memory: new LearnMemory(),
    });
  /** The worker's tor and the balancer's come to another time period some seconds apart. */
  const readBoth = async (): Promise<{ session: PrivateSession; learnt: Learnt }> => {
    for (let tries = 60; ; tries -= 1) {
      const session = await readSession();
      try {
        return { session, learnt: await learnHidden(session) };
      } catch (error) {
        if (!(error instanceof TorError) || error.code !== 'hsdesc-wrong-key' || tries === 1) throw error;
        await delay(1_000);
      }
    }
  };
  const probeHidden = (prepare: () => Promise<string | undefined>) =>
    prober.probe({ onionAddress: privateFrontend.address, port: 80, prepare }, signal);
  /** Undefined where the directory has none; a circuit that broke says nothing of that. */
  const fetchPatiently = async (
    { controller }: PrivateSession,
    address: string,
    directory: string,
  ): Promise<string | undefined> => {
    for (let tries = 5; ; tries -= 1) {
      try {
        return await fetchDescriptor(controller, { address, directory, signal });
      } catch (error) {
        assert.ok(error instanceof BalanceError);
        if (error.subject === 'NOT_FOUND') return undefined;
        if (tries === 1) throw error;
      }
    }
  };
  const prepareHidden = async (): Promise<string | undefined> => {
    const { session, learnt } = await readBoth();
    return privateFrontend.prepare(learnt, session, signal);
  };

  before(async () => {
    lab = await startOnionLab(name, { workers: 1, hosts: 1, visitors: 1 });
    store = await openStore(join(folder, 'state.db'));
    const streams = new LocalTransport('this machine');
    const control = await lab.balancer.control;
    prober = await createTorProber(control, { streams, clock: systemClock, randomBytes: someBytes, signal });
    const [host] = lab.visitors;
    assert.ok(host !== undefined);
    const frontend = lab.frontend.address;
    hidden = await startHiddenWorker(host, (worker) => [
      frontend,
      derivePrivateKey(secret, { frontend, worker }).address,
    ]);
    const key = derivePrivateKey(secret, { frontend, worker: hidden.address });
    privateFrontend = new PrivateFrontend({
      keys: keysFromIdentity(key, someBytes),
      worker: { id: 'hidden', onionAddress: hidden.address, weight: 1 },
      store,
      clock: systemClock,
      random: randomFromSeed('probe'),
      randomBytes: someBytes,
    });
  });
  after(async () => {
    stopping.abort();
    await lab?.stop();
    await store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a worker that lives answers at its own address, and no circuit of the probe stays', async () => {
    const [worker] = lab.workers;
    assert.ok(worker !== undefined);
    const result = await prober.probe({ onionAddress: worker.address, port: 80 }, signal);
    assert.ok(result.ok, JSON.stringify(result));
    const circuits = await (await lab.balancer.control).info('circuit-status');
    const left = circuits.filter(
      ({ rendQuery, socksUsername, purpose }) =>
        socksUsername?.startsWith('tearless-probe') === true ||
        (purpose === 'HS_CLIENT_REND' && `${rendQuery}.onion` === worker.address),
    );
    assert.deepEqual(left, []);
  });

  test('a port that leads nowhere and an address that nobody publishes are told apart', async () => {
    const [worker] = lab.workers;
    assert.ok(worker !== undefined);
    const closed = await prober.probe({ onionAddress: worker.address, port: 81 }, signal);
    assert.ok(!closed.ok && closed.blame === undefined);
    assert.match(closed.why, /refuses connections/);
    const expects = { kind: 'http', host: lab.frontend.address } as const;
    const web = await prober.probe({ onionAddress: worker.address, port: 80, expects }, signal);
    assert.ok(!web.ok);
    // It closes at once: what it said may be lost with that.
    assert.match(web.why, /no web server|hung up/);
    const onionAddress = encodeOnionAddress(publicKeyOf(expandSeed(someBytes(32))));
    const nowhere = await prober.probe({ onionAddress, port: 80 }, signal);
    assert.ok(!nowhere.ok && nowhere.blame === undefined);
    assert.match(nowhere.why, /no directory has its descriptor/);
  });

  test('a worker that publishes nothing answers at its private address, and not at its own', async () => {
    const own = await prober.probe({ onionAddress: hidden.address, port: 80 }, signal);
    assert.ok(!own.ok);
    assert.match(own.why, /no directory has its descriptor/);
    const early = await probeHidden(async () => undefined);
    assert.ok(!early.ok && early.blame === 'descriptor');
    const result = await probeHidden(prepareHidden);
    assert.ok(result.ok, JSON.stringify(result));
  });

  // tor then says that it did not find the descriptor, though it did at the third directory and the stream is open.
  test('a descriptor that some directories lack is found by tor itself, and the probe is good', async () => {
    const control = await lab.balancer.control;
    const probeForgetful = async () => {
      const forgotten = control.waitFor('SIGNAL', (event) => event.signal === 'NEWNYM', { timeoutMs: 120_000 });
      await control.signal('NEWNYM');
      await forgotten;
      return probeHidden(async () => undefined);
    };
    let result = await probeForgetful();
    // The ring may have changed since it was published.
    for (let tries = 2; tries > 0 && !result.ok && result.blame === 'descriptor'; tries -= 1) {
      assert.equal(await prepareHidden(), undefined);
      result = await probeForgetful();
    }
    assert.ok(result.ok, JSON.stringify(result));
  });

  test('a private descriptor lies at one directory of each replica, and is not sent again while it is good', async () => {
    const { session, learnt } = await readBoth();
    assert.equal(await privateFrontend.prepare(learnt, session, signal), undefined);
    const view = fetchedPeriod(session.view);
    const memory = new LearnMemory();
    const { blindedKey } = memory.keysOf(privateFrontend.address, view.slot.period);
    const readCounters = async (): Promise<Map<string, bigint>> => {
      const counters = new Map<string, bigint>();
      for (const { fingerprint: directory } of listDirectories(view, blindedKey, session.view.sizes)) {
        const address = privateFrontend.address;
        const text = await fetchPatiently(session, address, directory);
        if (text === undefined) continue;
        const options = { address, periods: [view.slot.period], nowMs: Date.now(), memory };
        counters.set(directory, decodeWorker(text, options).revisionCounter);
      }
      return counters;
    };
    /** Former directories may have older ones: the ring changes now and then. */
    const listNewest = (counters: ReadonlyMap<string, bigint>): { counter: bigint; directories: string[] } => {
      const [counter = 0n] = [...counters.values()].sort((one, other) => (one < other ? 1 : -1));
      return { counter, directories: [...counters].filter(([, held]) => held === counter).map(([name]) => name) };
    };
    const before = await readCounters();
    const replicas = new Set(listDirectories(view, blindedKey, session.view.sizes).map((one) => one.replicas[0]));
    assert.equal(replicas.size, 2);
    // One of the two is enough for a probe: where an upload failed it is left.
    assert.ok([1, 2].includes(listNewest(before).directories.length));
    assert.equal(await privateFrontend.prepare(learnt, session, signal), undefined);
    assert.deepEqual(await readCounters(), before);
    const fewer = { ...learnt, points: packPoints(introPointsOf(learnt).slice(0, -1)) };
    assert.equal(await privateFrontend.prepare(fewer, session, signal), undefined);
    const later = listNewest(await readCounters());
    assert.ok([1, 2].includes(later.directories.length) && later.counter > listNewest(before).counter);
  });

  test('a balancer that does not lead publishes no private address', async () => {
    const session = { ...(await readSession()), mayPublish: () => false };
    assert.equal(await privateFrontend.prepare(undefined, session, signal), undefined);
    assert.match((await privateFrontend.prepare(undefined, await readSession(), signal)) ?? '', /not known/);
  });

  test('a balancer lets both in by their helper or descriptor and a probe, and finds out when a service stops', async () => {
    const [worker] = lab.workers;
    const [tor] = lab.visitors;
    assert.ok(worker !== undefined && tor !== undefined);
    const frontend = lab.frontend.address;
    const key = derivePrivateKey(secret, { frontend, worker: hidden.address });
    const workers = [
      { id: 'w1', onionAddress: worker.address, weight: 1, port: 80 },
      {
        id: 'hidden',
        onionAddress: hidden.address,
        weight: 1,
        port: 80,
        helper: helperOf({ name: 'hidden', address: hidden.address, tor }),
        privateKeys: keysFromIdentity(key, someBytes),
      },
    ];
    const streams = new LocalTransport('this machine');
    const running = await runInProcess(lab, join(folder, 'balancer.db'), {
      frontends: [declareFrontend(lab, workers)],
      makeProber: (controller, until) =>
        createTorProber(controller, { streams, clock: systemClock, randomBytes: someBytes, signal: until }),
    });
    try {
      const isChanged = (id: string, state: string) => (event: BalanceEvent) =>
        event.kind === 'worker.changed' && event.worker === id && event.state === state;
      for (const id of ['w1', 'hidden']) {
        const event = await running.watch.until(isChanged(id, 'in'));
        assert.ok(event.kind === 'worker.changed');
        assert.match(event.why, /and a probe through Tor reached it/);
      }
      await hidden.stopService();
      const out = await running.watch.until(isChanged('hidden', 'out'));
      assert.ok(out.kind === 'worker.changed');
      assert.match(out.why, /what its port leads to may be gone/);
    } finally {
      await running.stop();
    }
  });

  test('a service that stops behind a tor that lives is found out, also when tor forgets in between', async () => {
    await hidden.stopService();
    for (const _ of ['first', 'second']) {
      const result = await probeHidden(prepareHidden);
      assert.ok(!result.ok && result.blame === undefined, JSON.stringify(result));
      assert.match(result.why, /what its port leads to may be gone/);
    }
  });

  // As Debian's tor has it.
  test('a SOCKS port without the flag ExtendedErrors, over TCP, tells less and serves as well', async () => {
    const [worker] = lab.workers;
    assert.ok(worker !== undefined);
    const control = await lab.balancer.control;
    const before = await control.getConf('SocksPort');
    await control.setConf({ SocksPort: 'auto' });
    try {
      const streams = new LocalTransport('this machine');
      const plain = await createTorProber(control, { streams, clock: systemClock, randomBytes: someBytes, signal });
      const good = await plain.probe({ onionAddress: worker.address, port: 80 }, signal);
      assert.ok(good.ok, JSON.stringify(good));
      const closed = await plain.probe({ onionAddress: worker.address, port: 81 }, signal);
      assert.ok(!closed.ok && closed.blame === undefined);
      assert.match(closed.why, /refuses connections/);
      const onionAddress = encodeOnionAddress(publicKeyOf(expandSeed(someBytes(32))));
      const nowhere = await plain.probe({ onionAddress, port: 80 }, signal);
      assert.ok(!nowhere.ok && nowhere.blame === undefined, JSON.stringify(nowhere));
      assert.match(nowhere.why, /ExtendedErrors/);
    } finally {
      await control.setConf({ SocksPort: before });
    }
  });

  // Its introduction points may take what the probe sends for a while yet, and nobody comes to the rendezvous point.
  test('a worker whose tor was killed is found out by two probes', async () => {
    const [worker] = lab.workers;
    assert.ok(worker !== undefined);
    const { pid } = worker.tor;
    assert.ok(pid !== undefined);
    // By these a prober knows how long an answer takes.
    for (let answers = 0; answers < 3; answers++)
      assert.ok((await prober.probe({ onionAddress: worker.address, port: 80 }, signal)).ok);
    process.kill(pid, 'SIGKILL');
    for (const _ of ['first', 'second']) {
      const result = await prober.probe({ onionAddress: worker.address, port: 80 }, signal);
      assert.ok(!result.ok && result.blame === undefined, JSON.stringify(result));
    }
  });

  test('without a network nothing is said of any worker', async () => {
    const control = await lab.balancer.control;
    await control.setConf({ DisableNetwork: '1' });
    try {
      const [worker] = lab.workers;
      assert.ok(worker !== undefined);
      const result = await prober.probe({ onionAddress: worker.address, port: 80 }, signal);
      assert.ok(!result.ok && result.blame === 'path', JSON.stringify(result));
    } finally {
      await control.setConf({ DisableNetwork: '0' });
    }
  });
});
