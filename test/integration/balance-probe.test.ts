// Probes through tor on a private network: of a worker by its own address, and of one that publishes nothing by a private one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import { forgetDescriptors } from '@tearless/lab/traffic/visitor.ts';
import { TorError } from '@tearless/tor/error.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { BalanceError } from '../../packages/tearless/src/balance/balance-error.ts';
import { Turns, turnRulesFor } from '../../packages/tearless/src/balance/circuits/turns.ts';
import { LearnMemory } from '../../packages/tearless/src/balance/learn/learn-memory.ts';
import { decodeWorker, introPointsOf, type Learnt } from '../../packages/tearless/src/balance/learn/learnt.ts';
import { fetchedPeriod, listDirectories } from '../../packages/tearless/src/balance/learn/network-view.ts';
import { packPoints } from '../../packages/tearless/src/balance/learn/packed-points.ts';
import type { ProbeResult, Prober, ProbeTarget } from '../../packages/tearless/src/balance/model/prober.ts';
import { derivePrivateKey, makeProbeSecret } from '../../packages/tearless/src/balance/probe/private-address.ts';
import { PrivateFrontend, type PrivateSession } from '../../packages/tearless/src/balance/probe/private-frontend.ts';
import { createTorProber } from '../../packages/tearless/src/balance/probe/tor-prober.ts';
import { keysFromIdentity } from '../../packages/tearless/src/balance/publish/period-keys.ts';
import type { BalanceEvent } from '../../packages/tearless/src/balance/run/event.ts';
import { systemClock } from '../../packages/tearless/src/base/clock.ts';
import { LocalTransport } from '../../packages/tearless/src/host/local/local-transport.ts';
import { randomFromSeed } from '../../packages/tearless/src/stats/random/random.ts';
import { openStore, type Store } from '../../packages/tearless/src/store/store.ts';
import { fetchPatiently } from './balance/fetch-patiently.ts';
import { type HiddenWorker, startHiddenWorker } from './balance/hidden-worker.ts';
import { declareFrontend, runInProcess } from './balance/in-process.ts';
import { helperOf } from './balance/node-helper.ts';
import { type OnionLab, startOnionLab } from './balance/onion-lab.ts';
import { patienceMs, readView, withinPeriod } from './balance/steady.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const someBytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
/** Of nobody. */
const makeAddress = (): string => encodeOnionAddress(publicKeyOf(expandSeed(someBytes(32))));
const tries = 6;
/** What a probe comes to where it had bad luck. */
const passing =
  /^(no answer within|none of its introduction points|its introduction points did not|it did not come|tor found no way|tor gave up|no directory has)|hung up/;

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
    const [controller, view] = await Promise.all([lab.balancer.control, readView(lab.balancer)]);
    return { controller, view, turns, mayPublish: () => true, republishMs: [3_600_000, 7_200_000] };
  };
  const notYet: ReadonlySet<string> = new Set(['hsdesc-wrong-key', 'balance-no-points']);
  /** The worker's tor and the balancer's come to another time period some seconds apart, and its points a moment later. */
  const readBoth = (): Promise<{ session: PrivateSession; learnt: Learnt }> =>
    waitFor(
      async () => {
        const session = await readSession();
        const options = {
          address: hidden.address,
          periods: session.view.periods.map(({ slot }) => slot.period),
          nowMs: Date.now(),
          memory: new LearnMemory(),
        };
        try {
          return { session, learnt: decodeWorker(await hidden.readDescriptor(), options) };
        } catch (error) {
          if ((error instanceof TorError || error instanceof BalanceError) && notYet.has(error.code)) return undefined;
          throw error;
        }
      },
      {
        what: 'introduction points of the hidden worker in a period of the balancer',
        timeoutMs: patienceMs,
        intervalMs: 250,
      },
    );
  const prepareHidden = async (): Promise<string | undefined> => {
    const { session, learnt } = await readBoth();
    return privateFrontend.prepare(learnt, session, signal);
  };
  const atHidden = (prepare: () => Promise<string | undefined> = prepareHidden): ProbeTarget => ({
    onionAddress: privateFrontend.address,
    port: 80,
    prepare,
  });
  /**
   * What probes of it come to. On a busy machine circuits fail now and then, and answers come too late, whatever the worker
   * does: they are what the balancer asks twice for.
   */
  const probeUntil = async (
    target: ProbeTarget,
    isExpected: (result: ProbeResult) => boolean,
    by: Prober = prober,
  ): Promise<void> => {
    const results: ProbeResult[] = [];
    while (results.length < tries) {
      const result = await by.probe(target, signal);
      if (isExpected(result)) return;
      results.push(result);
      assert.ok(!result.ok && (passing.test(result.why) || result.blame !== undefined), JSON.stringify(results));
    }
    assert.fail(JSON.stringify(results));
  };
  const isGood = ({ ok }: ProbeResult): boolean => ok;
  /** It was found out that the worker does not answer, and how. */
  const isBad =
    (why = /./) =>
    (result: ProbeResult): boolean =>
      !result.ok && result.blame === undefined && why.test(result.why);

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
    await probeUntil({ onionAddress: worker.address, port: 80 }, isGood);
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
    const onionAddress = worker.address;
    await probeUntil({ onionAddress, port: 81 }, isBad(/refuses connections/));
    const expects = { kind: 'http', host: lab.frontend.address } as const;
    // It closes at once: what it said may be lost with that.
    await probeUntil({ onionAddress, port: 80, expects }, isBad(/no web server|hung up/));
    await probeUntil({ onionAddress: makeAddress(), port: 80 }, isBad(/no directory has its descriptor/));
  });

  test('a worker that publishes nothing answers at its private address, and not at its own', async () => {
    await probeUntil({ onionAddress: hidden.address, port: 80 }, isBad(/no directory has its descriptor/));
    await probeUntil(
      atHidden(async () => undefined),
      (result) => !result.ok && result.blame === 'descriptor',
    );
    await probeUntil(atHidden(), isGood);
  });

  // tor then says that it did not find the descriptor, though it did at the third directory and the stream is open.
  test('a descriptor that some directories lack is found by tor itself, and the probe is good', async () => {
    let probes = 0;
    const forget = async (): Promise<string | undefined> => {
      // The ring may have changed since it was published.
      const problem = probes++ > 0 ? await prepareHidden() : undefined;
      await forgetDescriptors(lab.balancer);
      return problem;
    };
    await probeUntil(atHidden(forget), isGood);
  });

  test('a private descriptor lies at one directory of each replica, and is not sent again while it is good', () =>
    withinPeriod([lab.balancer, ...lab.visitors], async () => {
      const { session, learnt } = await readBoth();
      const { address } = privateFrontend;
      const { slot, ring } = fetchedPeriod(session.view);
      const memory = new LearnMemory();
      /** Where a circuit failed it is to be tried again. */
      const prepare = (points: Learnt): Promise<boolean> =>
        waitFor(async () => (await privateFrontend.prepare(points, session, signal)) === undefined, {
          what: 'a directory that takes it',
          timeoutMs: patienceMs,
        });
      const readCounters = async (): Promise<Map<string, bigint>> => {
        const counters = new Map<string, bigint>();
        for (const { hsDir } of ring.members) {
          const directory = hsDir.fingerprint;
          const text = await fetchPatiently(lab.balancer, { address, directory }).catch((error: unknown) => {
            if (error instanceof BalanceError && error.subject === 'NOT_FOUND') return undefined;
            throw error;
          });
          if (text === undefined) continue;
          const options = { address, periods: [slot.period], nowMs: Date.now(), memory };
          counters.set(directory, decodeWorker(text, options).revisionCounter);
        }
        return counters;
      };
      /** Former directories may have older ones: the ring changes now and then. */
      const listNewest = (counters: ReadonlyMap<string, bigint>): { counter: bigint; directories: string[] } => {
        const [counter = 0n] = [...counters.values()].sort((one, other) => (one < other ? 1 : -1));
        return { counter, directories: [...counters].filter(([, held]) => held === counter).map(([name]) => name) };
      };
      await prepare(learnt);
      const before = await readCounters();
      const { blindedKey } = memory.keysOf(address, slot.period);
      const responsible = listDirectories(fetchedPeriod(session.view), blindedKey, session.view.sizes);
      assert.equal(new Set(responsible.map(({ replicas }) => replicas[0])).size, 2);
      // One of the two is enough for a probe: where an upload failed it is left.
      assert.ok([1, 2].includes(listNewest(before).directories.length));
      assert.equal(await privateFrontend.prepare(learnt, session, signal), undefined);
      assert.deepEqual(await readCounters(), before);
      await prepare({ ...learnt, points: packPoints(introPointsOf(learnt).slice(0, -1)) });
      const later = listNewest(await readCounters());
      assert.ok([1, 2].includes(later.directories.length) && later.counter > listNewest(before).counter);
    }));

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
      const isOfHidden = (event: BalanceEvent) => event.kind === 'worker.changed' && event.worker === 'hidden';
      // A probe may have failed meanwhile for reasons of its own.
      while (!isChanged('hidden', 'in')(running.watch.events.findLast(isOfHidden) as BalanceEvent))
        await running.watch.next(isOfHidden);
      const gone = running.watch.next(isChanged('hidden', 'out'));
      await hidden.stopService();
      const out = await gone;
      assert.ok(out.kind === 'worker.changed');
      assert.match(out.why, /^a probe by .* did not reach it/);
    } finally {
      await running.stop();
    }
  });

  test('a service that stops behind a tor that lives is found out, also when tor forgets in between', async () => {
    await hidden.stopService();
    for (const _ of ['first', 'second']) await probeUntil(atHidden(), isBad(/what its port leads to may be gone/));
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
      const { address: onionAddress } = worker;
      await probeUntil({ onionAddress, port: 80 }, isGood, plain);
      await probeUntil({ onionAddress, port: 81 }, isBad(/refuses connections/), plain);
      await probeUntil({ onionAddress: makeAddress(), port: 80 }, isBad(/ExtendedErrors/), plain);
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
    const target = { onionAddress: worker.address, port: 80 };
    for (let answers = 0; answers < 3; answers++) await probeUntil(target, isGood);
    process.kill(pid, 'SIGKILL');
    for (const _ of ['first', 'second']) await probeUntil(target, isBad());
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
