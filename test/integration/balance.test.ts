// The balancer on a private network with nine directories: eight workers with 24 introduction points behind one address.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { startVisiting } from '@tearless/lab/traffic/visiting.ts';
import { Visitor } from '@tearless/lab/traffic/visitor.ts';
import { certificateExpiryMs } from '@tearless/tor/hsdesc/certificate.ts';
import { type DecodedDescriptor, decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { encodeDescriptor } from '@tearless/tor/hsdesc/encode-descriptor.ts';
import { recertifyIntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
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
import { fetchPatiently } from './balance/fetch-patiently.ts';
import { type LabWorker, type OnionLab, startOnionLab } from './balance/onion-lab.ts';
import { areOf, isHeld, isSettled, leadTo, readOf, untilHeld, untilRounds, workersOf } from './balance/standing.ts';
import { patienceMs, readPeriod, withinPeriod } from './balance/steady.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const maxBytes = 50_000;

/** All that a round was made of, but time and counter. */
const whatStands = ({ digest, directories }: RoundDocument): string =>
  [digest, ...directories.map(({ fingerprint }) => fingerprint).sort()].join(' ');
/** Of a worker, as the balancer told it last. */
const stateOf = (events: readonly BalanceLine[], worker: string): string | undefined =>
  events
    .flatMap(({ kind, workers = [], worker: changed, state }) => {
      if (kind === 'frontend.opened') return workers.flatMap((one) => (one.worker === worker ? [one.state] : []));
      return kind === 'worker.changed' && changed === worker ? [state] : [];
    })
    .at(-1);

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
  const readRounds = (): RoundDocument[] => askBalancer(place, 'status').frontends[0]?.rounds ?? [];
  const visitor = (index: number): NetworkNode => {
    const node = lab.visitors[index % lab.visitors.length];
    assert.ok(node !== undefined);
    return node;
  };
  const readKeys = async () => {
    const { slot } = await readPeriod(visitor(0));
    const secret = expandSeed(lab.frontend.seed);
    const key = { address: lab.frontend.address, publicKey: publicKeyOf(secret), secret };
    return makePeriodKeys(key, slot.period, (length) => new Uint8Array(length).fill(7));
  };
  const fetchFrom = async (directory: string): Promise<{ text: string; content: DecodedDescriptor }> => {
    const text = await fetchPatiently(visitor(0), { address: lab.frontend.address, directory });
    const { keys } = await readKeys();
    return { text, content: decodeDescriptor(text, { keys, nowMs: Date.now() }) };
  };
  const inPeriod = <T>(act: (period: number) => Promise<T>): Promise<T> =>
    withinPeriod([visitor(0), lab.balancer], act);
  /**
   * Compares the round that clients read with what they do read, and does it again where another round came under it.
   *
   * @param fits what the rounds must have come to, unless the period is over
   */
  const compareHeld = async (
    balancer: RunningBalancer,
    period: number,
    compare: (round: RoundDocument) => Promise<void>,
    fits: (rounds: readonly RoundDocument[]) => boolean = () => true,
  ): Promise<void> => {
    for (;;) {
      const round = readOf(
        await untilHeld(
          balancer,
          readRounds,
          (rounds) => readOf(rounds).periodNumber > period || (areOf(period)(rounds) && fits(rounds)),
        ),
      );
      try {
        return await compare(round);
      } catch (error) {
        const now = readOf(readRounds());
        if (now.periodNumber === round.periodNumber && now.revisionCounter === round.revisionCounter) throw error;
      }
    }
  };
  /** Ends the balancer when all directories have what it was to send. @returns the rounds that stand then */
  const stopBetweenRounds = async (signal: NodeJS.Signals): Promise<readonly RoundDocument[]> => {
    for (;;) {
      await untilHeld(running ?? start(lab.workers), readRounds);
      await running?.stop(signal);
      running = undefined;
      const rounds = readRounds().slice(-2);
      if (rounds.every(isHeld)) return rounds;
    }
  };
  const all = (): string[] => lab.workers.map((worker) => worker.name);
  const pointsOf = ({ directories }: RoundDocument, worker?: string): Set<string> =>
    new Set(
      directories.flatMap(({ points }) =>
        points.flatMap((one) => (worker === undefined || one.worker === worker ? [one.key] : [])),
      ),
    );

  before(async () => {
    lab = await startOnionLab(name, { workers: 8, hosts: 2, visitors: 2 });
    place = { state: join(folder, 'state'), controlSocket: lab.balancer.plan.controlSocket };
    const der = Buffer.concat([pkcs8, lab.frontend.seed]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    writeFileSync(join(folder, 'frontend.key'), key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    const balancer = start(lab.workers);
    await untilHeld(balancer, readRounds, leadTo(all()));
  });
  after(async () => {
    await running?.stop('SIGKILL');
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const eachHoldsItsOwn = async ({ directories, revisionCounter }: RoundDocument): Promise<void> => {
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
  };
  // All 24 points, unless more than six of them share a relay: a descriptor has one point at a relay.
  const haveMostPoints = (rounds: readonly RoundDocument[]): boolean =>
    rounds.every((round) => pointsOf(round).size > 20) && leadTo(all())(rounds);
  test('each directory holds a legal descriptor, each that clients read one of its own, all with one counter', () =>
    inPeriod(async (period) => {
      assert.ok(running !== undefined);
      await compareHeld(running, period, eachHoldsItsOwn, haveMostPoints);
    }));

  // Of several introduction points at one relay, tor's client uses only the first in the descriptor. Nine relays therefore
  // give at most nine points a descriptor, and clients meet every worker only by reading several.
  test('clients that know nothing reach the address, and every worker', async () => {
    const { address } = lab.frontend;
    const seen = new Set<string>();
    const ask = async (visitor: Visitor): Promise<void> => {
      for (let rounds = 0; rounds < 2 || (rounds < 12 && seen.size < lab.workers.length); rounds++) {
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

  test('killed and started again it publishes nothing needlessly, and nothing older', () =>
    inPeriod(async () => {
      for (let tries = 5; ; tries -= 1) {
        const before = readOf(await stopBetweenRounds('SIGKILL'));
        const again = start(lab.workers);
        const settled = await again.until((event) => isSettled(event) && event.period === before.periodNumber);
        const after = readRounds().find(({ periodNumber }) => periodNumber === before.periodNumber);
        assert.ok(after !== undefined);
        if (settled.kind === 'round.published') {
          // Points of workers and directories may have changed meanwhile.
          assert.notEqual(whatStands(after), whatStands(before), 'the same was published once more');
          assert.ok(tries > 1, 'what should stand is another one each time');
          continue;
        }
        const [directory] = before.directories;
        assert.ok(directory !== undefined);
        const { content } = await fetchFrom(directory.fingerprint);
        assert.ok(content.revisionCounter >= BigInt(before.revisionCounter));
        return;
      }
    }));

  test('a worker that is taken out of the configuration is in no descriptor any more', () =>
    inPeriod(async (period) => {
      await running?.stop('SIGTERM');
      const whole = start(lab.workers);
      const held = readOf(await untilHeld(whole, readRounds, leadTo(all())));
      assert.equal(await whole.stop('SIGTERM'), 0);
      const before = readOf(readRounds());
      const gone = new Set([...pointsOf(held, 'w1'), ...pointsOf(before, 'w1')]);
      assert.ok(gone.size > 0);
      const check = async ({ directories, revisionCounter, periodNumber }: RoundDocument): Promise<void> => {
        assert.equal(periodNumber, before.periodNumber);
        assert.ok(BigInt(revisionCounter) > BigInt(before.revisionCounter));
        for (const { fingerprint } of directories) {
          const { content } = await fetchFrom(fingerprint);
          assert.deepEqual(
            content.inner.introPoints.map(pointKey).filter((key) => gone.has(key)),
            [],
          );
        }
      };
      const isWithout = (rounds: readonly RoundDocument[]) => rounds.every((round) => !workersOf(round).has('w1'));
      await compareHeld(start(lab.workers.slice(1)), period, check, isWithout);
    }));

  test('a directory that holds a higher counter is overtaken', () =>
    inPeriod(async (period) => {
      const before = readOf(await stopBetweenRounds('SIGTERM'));
      const [directory] = before.directories;
      assert.ok(directory !== undefined);
      const { content } = await fetchFrom(directory.fingerprint);
      const keys = await readKeys();
      let higher = content.revisionCounter + 1_000_000_000n;
      const control = await visitor(1).control;
      const post = async (): Promise<boolean> => {
        // Where it is not known whether it came, the next one is above it.
        higher += 1n;
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
        const { kind } = await uploadDescriptor(control, upload, AbortSignal.timeout(patienceMs));
        assert.notEqual(kind, 'rejected');
        return kind === 'uploaded';
      };
      await waitFor(post, { what: 'an upload that comes to its end', timeoutMs: patienceMs });
      // Others than before, so that there is something to publish.
      const again = start(workersOf(before).has('w1') ? lab.workers.slice(1) : lab.workers);
      const check = async ({ directories, revisionCounter }: RoundDocument): Promise<void> => {
        assert.ok(BigInt(revisionCounter) > higher, `${revisionCounter} is not above ${higher}`);
        assert.ok(directories.some(({ fingerprint }) => fingerprint === directory.fingerprint));
        const { content: held } = await fetchFrom(directory.fingerprint);
        assert.ok(held.revisionCounter > higher);
      };
      await compareHeld(again, period, check, (rounds) => BigInt(readOf(rounds).revisionCounter) > higher);
    }));

  test('a directory that is away misses the round, and gets it when it is back', () =>
    inPeriod(async (period) => {
      await running?.stop('SIGTERM');
      // Without the authority there would be no consensus.
      const relays = new Map(lab.network.withRole('relay').map((relay) => [relay.fingerprint, relay]));
      const before = readOf(readRounds());
      const away = before.directories.find(({ isFetched, fingerprint }) => isFetched && relays.has(fingerprint));
      const node = relays.get(away?.fingerprint);
      assert.ok(away !== undefined && node !== undefined);
      await node.stop({ signal: 'SIGKILL' });
      const others = workersOf(before).has('w2') ? lab.workers.slice(2) : lab.workers;
      const balancer = start(others);
      try {
        // Others may miss the round at first: the relay that is away was in circuits to them.
        const hasMissed = (rounds: readonly RoundDocument[]): boolean => {
          const round = readOf(rounds);
          const missed = round.directories.filter(({ state }) => state === 'failed' || state === 'unsent');
          const isAlone = missed.length === 1 && missed[0]?.fingerprint === away.fingerprint;
          return round.periodNumber > period || (isAlone && missed[0]?.state === 'failed');
        };
        const { directories } = readOf(await untilRounds(balancer, readRounds, hasMissed));
        const missed = directories.find(({ fingerprint }) => fingerprint === away.fingerprint);
        assert.equal(missed?.state, 'failed');
        assert.ok(missed.reason !== null && missed.reason !== '');
      } finally {
        await node.start(['--__OwningControllerProcess', String(process.pid)]);
      }
      await compareHeld(balancer, period, async ({ directories }) => {
        assert.ok(directories.some(({ fingerprint }) => fingerprint === away.fingerprint));
        const { content } = await fetchFrom(away.fingerprint);
        assert.ok(content.inner.introPoints.length > 0);
      });
    }));

  test('of two balancers one leads; when it is killed the other does, and publishes what changes then', async (context) => {
    const isRunning = ({ kind, state }: BalanceLine) => kind === 'balancer.state-changed' && state === 'running';
    await running?.stop('SIGTERM');
    const leader = start(lab.workers);
    await leader.until(isRunning);
    await untilHeld(leader, readRounds);
    const other = startBalancer(place, configure(lab.workers));
    try {
      await other.until(({ kind, state }) => kind === 'balancer.state-changed' && state === 'standby');
      const visiting = startVisiting({
        visitors: lab.visitors.map((node) => new Visitor(node)),
        address: lab.frontend.address,
        everyMs: 500,
        memoryMs: 10_500,
      });
      try {
        await visiting.untilAllFresh();
        const killedMs = Date.now();
        await leader.stop('SIGKILL');
        await other.until(isRunning);
        context.diagnostic(`the other leads ${((Date.now() - killedMs) / 1000).toFixed(1)} s after the kill`);
      } finally {
        const visits = await visiting.stop();
        assert.deepEqual(
          visits.filter(({ outcome }) => outcome === 'failed'),
          [],
        );
      }
      const before = readOf(readRounds());
      const [{ tor, name: worker }] = lab.workers as [LabWorker];
      await tor.stop({ signal: 'SIGKILL' });
      await lab.restart(tor);
      const hasOthers = (rounds: readonly RoundDocument[]): boolean =>
        [...pointsOf(readOf(rounds), worker)].some((key) => !pointsOf(before, worker).has(key));
      const after = readOf(await untilHeld(other, readRounds, hasOthers));
      // Counters of two periods have nothing to do with each other.
      assert.ok(
        after.periodNumber > before.periodNumber || BigInt(after.revisionCounter) > BigInt(before.revisionCounter),
      );
      await inPeriod((period) =>
        compareHeld(other, period, async ({ directories, revisionCounter }) => {
          const { content } = await fetchFrom(directories[0]?.fingerprint ?? '');
          assert.equal(String(content.revisionCounter), revisionCounter);
        }),
      );
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
