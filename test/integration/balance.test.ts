// The balancer on a private network with nine directories: eight workers with 24 introduction points behind one address.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { startVisiting } from '@tearless/lab/traffic/visiting.ts';
import { Visitor } from '@tearless/lab/traffic/visitor.ts';
import { certificateExpiryMs } from '@tearless/tor/hsdesc/certificate.ts';
import { type DecodedDescriptor, decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { recertifyIntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { fetchDescriptor } from '../../packages/tearless/src/balance/learn/fetch-descriptor.ts';
import { fetchedPeriod, readNetworkView } from '../../packages/tearless/src/balance/learn/network-view.ts';
import { pointKey } from '../../packages/tearless/src/balance/model/layout.ts';
import { makePeriodKeys } from '../../packages/tearless/src/balance/publish/period-keys.ts';
import { uploadDescriptor } from '../../packages/tearless/src/balance/publish/upload.ts';
import type { RoundDocument } from '../../packages/tearless/src/balance/run/documents.ts';
import {
  askBalancer,
  type BalanceLine,
  type Place,
  type RunningBalancer,
  startBalancer,
} from './balance/balancer-process.ts';
import { type LabWorker, type OnionLab, startOnionLab } from './balance/onion-lab.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const maxBytes = 50_000;

const isPublished = ({ kind }: BalanceLine): boolean => kind === 'round.published';
/** Of a worker, as the balancer told it last. */
const stateOf = (events: readonly BalanceLine[], worker: string): string | undefined =>
  events
    .flatMap((event): { worker: string; state: string }[] => {
      if (event.kind === 'frontend.opened') return event.workers;
      return event.kind === 'worker.changed' ? [{ worker: event.worker, state: event.state }] : [];
    })
    .findLast((event) => event.worker === worker)?.state;
const isSettled = ({ kind }: BalanceLine): boolean => kind === 'round.published' || kind === 'round.kept';

suite('balancer', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const name = `balance${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'tearless-balance-'));
  let lab: OnionLab;
  let place: Place;
  let running: RunningBalancer | undefined;

  /** Onionbalance's configuration of these workers. */
  const configure = (workers: readonly LabWorker[]): string => {
    const instances = workers.map((worker) => `  - address: ${worker.address}\n    name: ${worker.name}\n`);
    const path = join(folder, `config-${workers.length}.yaml`);
    writeFileSync(path, `services:\n- key: frontend.key\n  instances:\n${instances.join('')}`);
    return path;
  };
  const start = (workers: readonly LabWorker[]): RunningBalancer => {
    running = startBalancer(place, configure(workers));
    return running;
  };
  /** What the balancer says that it published for the period that clients read. */
  const readRound = (): RoundDocument => {
    const { round } = askBalancer(place, 'explain', lab.frontend.address);
    assert.ok(round?.isFetched === true);
    return round;
  };
  const visitor = (index: number): NetworkNode => {
    const node = lab.visitors[index % lab.visitors.length];
    assert.ok(node !== undefined);
    return node;
  };
  const readKeys = async () => {
    const control = await visitor(0).control;
    const { slot } = fetchedPeriod(await readNetworkView(control, true));
    const secret = expandSeed(lab.frontend.seed);
    const key = { address: lab.frontend.address, publicKey: publicKeyOf(secret), secret };
    return makePeriodKeys(key, slot.period, (length) => new Uint8Array(length).fill(7));
  };
  const fetchFrom = async (directory: string): Promise<{ text: string; content: DecodedDescriptor }> => {
    const { address } = lab.frontend;
    const signal = AbortSignal.timeout(60_000);
    const text = await fetchDescriptor(await visitor(0).control, { address, directory, signal });
    const { keys } = await readKeys();
    return { text, content: decodeDescriptor(text, { keys, nowMs: Date.now() }) };
  };
  /** What clients look for, as a visitor's tor and the balancer's see it: for some seconds one has the new consensus alone. */
  const readPeriods = (): Promise<number[]> =>
    Promise.all(
      [visitor(0), lab.balancer].map(async (node) => {
        const { slot } = fetchedPeriod(await readNetworkView(await node.control, true));
        return slot.period.number;
      }),
    );
  /** Runs it again when the time period changed under it. */
  const withinPeriod = async (act: () => Promise<void>): Promise<void> => {
    for (;;) {
      const before = await readPeriods();
      try {
        await act();
        return;
      } catch (error) {
        const after = await readPeriods();
        if (new Set([...before, ...after]).size === 1) throw error;
        // The balancer follows the change as soon as its tor has the consensus.
        await running?.until((event) => isSettled(event) && event.period === Math.max(...after));
      }
    }
  };

  /** All workers are in the descriptors that clients read: on a busy machine the first round comes without some. */
  const standWhole = (balancer: RunningBalancer): Promise<BalanceLine> =>
    balancer.until((event) => {
      if (!isSettled(event) || event.isFetched !== true) return false;
      const points = readRound().directories.flatMap((directory) => directory.points);
      return new Set(points.map(({ worker }) => worker)).size === lab.workers.length;
    });

  /** A round as directories hold it: while one is being sent, its document is ahead of them. */
  const isHeld = ({ directories }: RoundDocument): boolean => directories.every(({ state }) => state === 'verified');
  const readHeldRound = async (balancer: RunningBalancer): Promise<RoundDocument> => {
    for (;;) {
      const round = readRound();
      if (isHeld(round)) return round;
      await balancer.next(isSettled);
    }
  };

  /** Runs it again when another round was published under it. */
  const withinRound = async (act: () => Promise<void>): Promise<void> => {
    for (;;) {
      const { revisionCounter } = readRound();
      try {
        await act();
        return;
      } catch (error) {
        if (readRound().revisionCounter === revisionCounter) throw error;
      }
    }
  };

  before(async () => {
    lab = await startOnionLab(name, { workers: 8, hosts: 2, visitors: 2 });
    place = { state: join(folder, 'state'), controlSocket: lab.balancer.plan.controlSocket };
    const der = Buffer.concat([pkcs8, lab.frontend.seed]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    writeFileSync(join(folder, 'frontend.key'), key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    const balancer = start(lab.workers);
    const periods = () => new Set(balancer.events.filter(isPublished).map(({ period }) => period));
    await balancer.until(() => periods().size === 2);
    await standWhole(balancer);
  });
  after(async () => {
    await running?.stop('SIGKILL');
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const eachHoldsItsOwn = () =>
    withinRound(async () => {
      assert.ok(running !== undefined);
      const { directories, revisionCounter } = await readHeldRound(running);
      assert.equal(directories.length, 8);
      const sets = new Map<string, string>();
      for (const { fingerprint, points, isFetched, copyOf } of directories) {
        const { text, content } = await fetchFrom(fingerprint);
        assert.ok(text.length < maxBytes);
        assert.deepEqual(content.refused, []);
        assert.equal(String(content.revisionCounter), revisionCounter);
        const found = content.inner.introPoints.map(pointKey).sort();
        assert.ok(found.length > 0 && found.length <= 20);
        assert.deepEqual(found, points.map(({ key }) => key).sort());
        assert.equal(content.inner.flowControl?.versions, '1-2');
        sets.set(fingerprint, found.join());
        assert.equal(isFetched, copyOf === null);
      }
      const read = directories.filter(({ isFetched }) => isFetched);
      assert.equal(read.length, 6);
      const different = new Set(read.map(({ fingerprint }) => sets.get(fingerprint)));
      assert.equal(different.size, 6, JSON.stringify(directories));
      for (const { fingerprint, copyOf } of directories)
        if (copyOf !== null) assert.equal(sets.get(fingerprint), sets.get(copyOf));
      const inPlay = new Set(directories.flatMap(({ points }) => points.map(({ key }) => key)));
      // All 24, unless more than six of them share a relay: a descriptor has one point at a relay.
      assert.ok(inPlay.size > 20, `${inPlay.size} points in play`);
    });
  test('each directory holds a legal descriptor, each that clients read one of its own, all with one counter', () =>
    withinPeriod(eachHoldsItsOwn));

  // Of several introduction points at one relay, tor's client uses only the first in the descriptor. Nine relays therefore
  // give at most nine points a descriptor, and clients meet every worker only by reading several.
  test('clients that know nothing reach the address, and every worker', async () => {
    const { address } = lab.frontend;
    const seen = new Set<string>();
    const ask = async (visitor: Visitor): Promise<void> => {
      for (let rounds = 0; rounds < 2 || (rounds < 6 && seen.size < lab.workers.length); rounds++) {
        await visitor.forget();
        for (let visits = 0; visits < 21; visits++) {
          const { outcome, answer = '', attempts } = await visitor.visit(address);
          assert.equal(outcome, 'ok', JSON.stringify(attempts));
          seen.add(answer);
        }
      }
    };
    await Promise.all(lab.visitors.map((node) => ask(new Visitor(node))));
    assert.deepEqual([...seen].sort(), lab.workers.map((worker) => worker.name).sort());
  });

  const killBetweenRounds = async (): Promise<RoundDocument> => {
    for (;;) {
      assert.ok(running !== undefined);
      await readHeldRound(running);
      await running.stop('SIGKILL');
      const round = readRound();
      if (isHeld(round)) return round;
      start(lab.workers);
    }
  };
  test('killed and started again it publishes nothing needlessly, and nothing older', () =>
    withinPeriod(async () => {
      const before = await killBetweenRounds();
      const again = start(lab.workers);
      const settled = await again.until((event) => isSettled(event) && event.period === before.periodNumber);
      assert.equal(settled.kind, 'round.kept');
      const [directory] = before.directories;
      assert.ok(directory !== undefined);
      const { content } = await fetchFrom(directory.fingerprint);
      assert.equal(String(content.revisionCounter), before.revisionCounter);
    }));

  test('a worker that is taken out of the configuration is in no descriptor any more', () =>
    withinPeriod(async () => {
      await running?.stop('SIGTERM');
      const whole = start(lab.workers);
      await standWhole(whole);
      assert.equal(await whole.stop('SIGTERM'), 0);
      const before = readRound();
      const fewer = start(lab.workers.slice(1));
      await fewer.until((event) => isPublished(event) && event.period === before.periodNumber);
      const { directories, revisionCounter } = await readHeldRound(fewer);
      assert.ok(BigInt(revisionCounter) > BigInt(before.revisionCounter));
      const gone = new Set(
        before.directories.flatMap(({ points }) => points).flatMap(({ worker, key }) => (worker === 'w1' ? [key] : [])),
      );
      assert.ok(gone.size > 0);
      for (const { fingerprint } of directories) {
        const { content } = await fetchFrom(fingerprint);
        assert.deepEqual(
          content.inner.introPoints.map(pointKey).filter((key) => gone.has(key)),
          [],
        );
      }
    }));

  test('a directory that holds a higher counter is overtaken', () =>
    withinPeriod(async () => {
      await running?.stop('SIGTERM');
      const [directory] = readRound().directories;
      assert.ok(directory !== undefined);
      const { content } = await fetchFrom(directory.fingerprint);
      const keys = await readKeys();
      const higher = content.revisionCounter + 1_000_000_000n;
      const nowMs = Date.now();
      const introPoints = content.inner.introPoints.map((point) =>
        recertifyIntroPoint(point, keys.signer, certificateExpiryMs(nowMs)),
      );
      const foreign = {
        ...content,
        signingCertificate: keys.certify(nowMs),
        revisionCounter: higher,
        inner: { ...content.inner, introPoints },
      };
      const upload = {
        address: lab.frontend.address,
        directory: directory.fingerprint,
        text: encodeDescriptor(foreign, keys),
      };
      const { kind } = await uploadDescriptor(await visitor(1).control, upload, AbortSignal.timeout(60_000));
      assert.equal(kind, 'uploaded');
      const again = start(lab.workers);
      await again.until((event) => isPublished(event) && event.period === keys.period.number && event.failed === 0);
      const { revisionCounter } = readRound();
      assert.ok(BigInt(revisionCounter) > higher, `${revisionCounter} is not above ${higher}`);
      const { content: held } = await fetchFrom(directory.fingerprint);
      assert.ok(held.revisionCounter > higher);
    }));

  test('a directory that is away misses the round, and gets it when it is back', () =>
    withinPeriod(async () => {
      await running?.stop('SIGTERM');
      const away = readRound().directories.find(({ isFetched }) => isFetched);
      const node = lab.network.nodes.find(({ fingerprint }) => fingerprint === away?.fingerprint);
      assert.ok(away !== undefined && node !== undefined);
      await node.stop({ signal: 'SIGKILL' });
      try {
        const balancer = start(lab.workers.slice(2));
        // Others may miss the round at first: the relay that is away was in circuits to them.
        let missed: RoundDocument['directories'] = [];
        await balancer.until((event) => {
          if (!isPublished(event) || !event.isFetched) return false;
          missed = readRound().directories.filter(({ state }) => state === 'failed');
          return missed.length === 1;
        });
        assert.equal(missed[0]?.fingerprint, away.fingerprint);
        assert.ok(missed[0].reason !== null && missed[0].reason !== '');
      } finally {
        await node.start(['--__OwningControllerProcess', String(process.pid)]);
      }
      const isBack = ({ directories }: RoundDocument): boolean =>
        directories.some(({ fingerprint, state }) => fingerprint === away.fingerprint && state === 'verified');
      await running?.until((event) => isPublished(event) && event.isFetched && isBack(readRound()));
      const { content } = await fetchFrom(away.fingerprint);
      assert.ok(content.inner.introPoints.length > 0);
    }));

  test('of two balancers one leads; when it is killed the other does, and publishes what changes then', async (context) => {
    const isRunning = ({ kind, state }: BalanceLine) => kind === 'balancer.state-changed' && state === 'running';
    await running?.stop('SIGTERM');
    const leader = start(lab.workers);
    await leader.until(isRunning);
    await leader.until((event) => isSettled(event) && event.isFetched);
    const other = startBalancer(place, configure(lab.workers));
    try {
      await other.until(({ kind, state }) => kind === 'balancer.state-changed' && state === 'standby');
      const visiting = startVisiting({
        visitors: lab.visitors.map((node) => new Visitor(node)),
        address: lab.frontend.address,
        everyMs: 500,
        memoryMs: 10_500,
      });
      const killedMs = Date.now();
      try {
        await leader.stop('SIGKILL');
        await other.until(isRunning);
        context.diagnostic(`the other leads ${((Date.now() - killedMs) / 1000).toFixed(1)} s after the kill`);
      } finally {
        const visits = await visiting.stop();
        assert.ok(visits.length > 0);
        assert.deepEqual(
          visits.filter(({ outcome }) => outcome === 'failed'),
          [],
        );
      }
      const before = readRound();
      const [{ tor, name: worker }] = lab.workers as [LabWorker];
      const pointsOf = (round: RoundDocument) =>
        new Set(
          round.directories.flatMap(({ points }) => points).flatMap((one) => (one.worker === worker ? [one.key] : [])),
        );
      const published = other.next(
        (event) =>
          isPublished(event) && event.isFetched && [...pointsOf(readRound())].some((key) => !pointsOf(before).has(key)),
      );
      await tor.stop({ signal: 'SIGKILL' });
      await lab.restart(tor);
      await published;
      // Counters of two periods have nothing to do with each other.
      const after = readRound();
      assert.ok(
        after.periodNumber > before.periodNumber || BigInt(after.revisionCounter) > BigInt(before.revisionCounter),
      );
      running = other;
      await withinPeriod(async () => {
        const { directories, revisionCounter } = await readHeldRound(other);
        const { content } = await fetchFrom(directories[0]?.fingerprint ?? '');
        assert.ok(content.revisionCounter >= BigInt(revisionCounter));
      });
    } finally {
      running = other;
    }
  });

  test('a tor that is started again is waited for', async () => {
    const balancer = running;
    assert.ok(balancer !== undefined);
    await balancer.until(({ kind, state }) => kind === 'balancer.state-changed' && state === 'running');
    const becomes = (wanted: string) =>
      balancer.next(({ kind, state }) => kind === 'balancer.state-changed' && state === wanted);
    const lost = becomes('connecting');
    await lab.balancer.stop();
    await lost;
    const found = becomes('running');
    await lab.balancer.start(['--__OwningControllerProcess', String(process.pid)]);
    await found;
    // Those whose tor was killed before may still be held back; who was out because a probe failed comes back.
    const isGone = (state: string | undefined): boolean => state !== 'in' && state !== 'held';
    await balancer.until(() => lab.workers.every((worker) => !isGone(stateOf(balancer.events, worker.name))));
    assert.equal(await balancer.stop('SIGTERM'), 0);
    const [status] = askBalancer(place, 'status').frontends;
    assert.equal(status.state, 'stopped');
  });
});
