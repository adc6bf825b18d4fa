// A balancer among liars on a private network: directories that refuse what they took or serve something else, and workers whose
// descriptors are none. All that is wrong is refused with a reason and counted, nothing of it is published, and who is honest is
// served.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { waitFor } from '@tearless/lab/base/wait.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import { encodeOnionAddress } from '@tearless/tor/onion/address.ts';
import { decodeSecretKeyFile, encodeSecretKeyFile } from '@tearless/tor/onion/key-files.ts';
import { type ExpandedSecretKey, expandSeed, publicKeyOf } from '@tearless/tor/onion/secret-key.ts';
import { bareAddress } from '../../packages/tearless/src/balance/learn/fetch-descriptor.ts';
import { listDirectories, type PeriodView } from '../../packages/tearless/src/balance/learn/network-view.ts';
import { pointKey } from '../../packages/tearless/src/balance/model/layout.ts';
import { type FrontendKey, makePeriodKeys } from '../../packages/tearless/src/balance/publish/period-keys.ts';
import { uploadDescriptor } from '../../packages/tearless/src/balance/publish/upload.ts';
import type { RoundDocument } from '../../packages/tearless/src/balance/run/documents.ts';
import { PlayedWorker } from '../../packages/tearless/src/balance/run/testing/played-worker.ts';
import {
  askBalancer,
  type BalanceLine,
  type Place,
  type RunningBalancer,
  startBalancer,
} from './balance/balancer-process.ts';
import { encodeByHand, readPoints } from './balance/by-hand.ts';
import { calmInterval } from './balance/calm-interval.ts';
import { fetchPatiently } from './balance/fetch-patiently.ts';
import { declareFrontend, runInProcess } from './balance/in-process.ts';
import { openLyingTor, truth } from './balance/lying-tor.ts';
import { helperOf } from './balance/node-helper.ts';
import { type LabWorker, type OnionLab, reach, startOnionLab } from './balance/onion-lab.ts';
import { readOf, untilHeld, untilRounds } from './balance/standing.ts';
import { patienceMs, periodWithRest, readView } from './balance/steady.ts';

const hasTor = ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);
const someBytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
/** All of it is done within one time period. */
const leastMs = 150_000;
const hourMs = 3_600_000;

const keyOf = (secret: ExpandedSecretKey): FrontendKey => {
  const publicKey = publicKeyOf(secret);
  return { address: encodeOnionAddress(publicKey), publicKey, secret };
};
const isRead = ({ kind, isFetched }: BalanceLine): boolean => kind === 'round.published' && isFetched === true;

/** The value of the only sample of that name with all these labels; 0 where there is none. */
const sample = (metrics: string, name: string, ...labels: string[]): number => {
  const found = metrics
    .split('\n')
    .filter((line) => line.startsWith(`tearless_balance_${name}{`) && labels.every((label) => line.includes(label)));
  assert.ok(found.length <= 1, found.join('\n'));
  return Number(found[0]?.split(' ').at(-1) ?? 0);
};

/** Workers that are none, by what their directories serve; and why that is refused. */
const hostile = {
  broken: 'netdoc-bad-value',
  'cut-off': 'netdoc-bad-object',
  'too-long': 'hsdesc-too-large',
  forged: 'hsdesc-bad-signature',
  ended: 'hsdesc-bad-certificate',
  borrowed: 'hsdesc-wrong-key',
  garbled: 'balance-bad-descriptor',
} as const;
type Kind = keyof typeof hostile;

/** The first three directories that get something of the frontend, and how each lies about it. */
const roles = ['refuses', 'serves an older one', 'serves a foreign one'] as const;

suite('a balancer among liars', { skip: hasTor ? false : 'tor is not installed' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tearless-hostile-'));
  const metricsSocket = join(folder, 'metrics');
  const workers = new Map<Kind, PlayedWorker>(
    (Object.keys(hostile) as Kind[]).map((kind) => [kind, new PlayedWorker(kind)]),
  );
  const garbledKey = keyOf(expandSeed(someBytes(32)));
  /** Without `.onion`: what directories are made to serve. */
  const served = new Map<string, string>();
  const liars = new Map<string, (typeof roles)[number]>();
  let isLying = true;
  let lab: OnionLab;
  let honest: LabWorker;
  let honestPoints: readonly IntroPoint[];
  let view: PeriodView;
  let key: FrontendKey;
  let visitor: NetworkNode;
  let place: Place;
  let running: RunningBalancer | undefined;
  let lying: AsyncDisposable | undefined;

  const addressOf = (kind: Kind): string =>
    kind === 'garbled' ? garbledKey.address : (workers.get(kind)?.onionAddress ?? '');
  const make = (kind: Kind, nowMs = Date.now()): string =>
    workers.get(kind)?.makeDescriptor({ period: view.slot.period, nowMs }) ?? '';
  /** Of a service whose key is at hand, with the honest worker's points and a counter below all others. */
  const makeOld = (owner: FrontendKey): string => {
    const keys = makePeriodKeys(owner, view.slot.period, someBytes);
    const signingCertificate = keys.certify(Date.now());
    return encodeByHand({ keys, points: honestPoints.slice(1), signingCertificate, revisionCounter: 1n });
  };
  const roleOf = (directory: string): (typeof roles)[number] | undefined => {
    const free = roles[liars.size];
    if (free !== undefined && !liars.has(directory)) liars.set(directory, free);
    return isLying ? liars.get(directory) : undefined;
  };
  const isFrontend = (address: string): boolean => `${address}.onion` === key.address;
  const serves = (address: string, directory: string): string | undefined => {
    if (!isFrontend(address)) return served.get(address);
    const role = roleOf(directory);
    if (role === undefined) return undefined;
    return role === 'serves a foreign one' ? make('forged') : makeOld(key);
  };
  const refuses = (address: string, directory: string): boolean =>
    isFrontend(address) && roleOf(directory) === 'refuses';
  const readMetrics = (): Promise<string> =>
    new Promise((resolve, reject) => {
      // The balancer closes one that says nothing for a while.
      const asked = request({ socketPath: metricsSocket, path: '/metrics', agent: false }).end();
      asked.on('response', (response) => readText(response).then(resolve, reject));
      asked.on('error', reject);
    });
  const balancer = (): RunningBalancer => {
    assert.ok(running !== undefined);
    return running;
  };
  const readRounds = (): RoundDocument[] => askBalancer(place, 'status').frontends[0]?.rounds ?? [];
  /** What is said of a directory that lies; one that was sent the same once more refuses it. */
  const reasons = {
    refuses: /^UPLOAD_REJECTED$/,
    'serves an older one': /^it still holds the counter 1, though it took \d+$|^UPLOAD_REJECTED$/,
    'serves a foreign one': /of another service|^UPLOAD_REJECTED$/,
  } as const;
  type Directory = RoundDocument['directories'][number];
  const isMissed = ({ state }: Directory): boolean => state === 'failed' || state === 'unsent';
  const isLiedAbout = ({ fingerprint, state, reason }: Directory): boolean => {
    const role = isLying ? liars.get(fingerprint) : undefined;
    return role !== undefined && state === 'failed' && reasons[role].test(reason ?? '');
  };
  /** Every directory has the round, but for those that are lied about, as it seems. */
  const isSent = (rounds: readonly RoundDocument[]): boolean =>
    readOf(rounds).directories.every((directory) => !isMissed(directory) || isLiedAbout(directory));
  /** What directories really hold for the frontend is the honest worker's, and nobody else's. */
  const isHonestAlone = async (
    watch: Parameters<typeof untilRounds>[0],
    read: Parameters<typeof untilRounds>[1],
  ): Promise<void> => {
    for (;;) {
      const { directories, revisionCounter } = readOf(await untilRounds(watch, read, isSent));
      const points = directories.flatMap((directory) => directory.points);
      assert.deepEqual([...new Set(points.map(({ worker }) => worker))], [honest.name]);
      try {
        const { keys } = makePeriodKeys(key, view.slot.period, someBytes);
        for (const { fingerprint: directory } of directories) {
          const text = await fetchPatiently(visitor, { address: key.address, directory });
          const { inner } = decodeDescriptor(text, { keys, nowMs: Date.now() });
          assert.deepEqual(new Set(inner.introPoints.map(pointKey)), new Set(points.map((point) => point.key)));
        }
        return;
      } catch (error) {
        // Another round came under it.
        if (readOf(await read()).revisionCounter === revisionCounter) throw error;
      }
    }
  };

  before(async () => {
    const votingIntervalSeconds = calmInterval(Date.now());
    lab = await startOnionLab(`hostile${process.pid}`, { workers: 1, hosts: 1, visitors: 1, votingIntervalSeconds });
    const [worker] = lab.workers;
    const [first] = lab.visitors;
    assert.ok(worker !== undefined && first !== undefined);
    [honest, visitor] = [worker, first];
    key = keyOf(expandSeed(lab.frontend.seed));
    view = await periodWithRest([lab.balancer, visitor, honest.tor], leastMs);
    honestPoints = await readPoints(honest);
    const lies: Readonly<Record<Exclude<Kind, 'garbled'>, string>> = {
      broken: 'hs-descriptor 3\ndescriptor-lifetime many\n',
      'cut-off': make('cut-off').slice(0, -1000),
      'too-long': `${make('too-long')}${'x'.repeat(50_000)}`,
      forged: make('forged').replace('revision-counter 1000', 'revision-counter 1001'),
      ended: make('ended', Date.now() - 60 * hourMs),
      borrowed: await (await honest.tor.control).getInfo(`hs/service/desc/id/${bareAddress(honest.address)}`),
    };
    for (const [kind, text] of Object.entries(lies)) served.set(bareAddress(addressOf(kind as Kind)), text);
    // Directories look at the outer layer alone and take this one; what is in it opens for nobody.
    const keys = makePeriodKeys(garbledKey, view.slot.period, someBytes);
    const text = encodeByHand({
      keys: { ...keys, keys: { ...keys.keys, subcredential: someBytes(32) } },
      points: honestPoints,
      signingCertificate: keys.certify(Date.now()),
      revisionCounter: 1n,
    });
    const control = await visitor.control;
    const { sizes } = await readView(visitor);
    for (const { fingerprint: directory } of listDirectories(view, keys.keys.blindedKey, sizes)) {
      const upload = { address: garbledKey.address, directory, text };
      let attempts = 0;
      const post = async (): Promise<boolean> => {
        attempts += 1;
        const { kind } = await uploadDescriptor(control, upload, AbortSignal.timeout(patienceMs));
        // It may have come before without our knowing.
        return kind === 'uploaded' || (kind === 'rejected' && attempts > 1);
      };
      await waitFor(post, { what: 'an upload that comes to its end', timeoutMs: patienceMs });
    }
    place = { state: join(folder, 'state'), controlSocket: join(folder, 'control') };
    lying = await openLyingTor(place.controlSocket, lab.balancer.plan.controlSocket, { ...truth, serves, refuses });
    writeFileSync(join(folder, 'frontend.key'), encodeSecretKeyFile(key.secret).reveal(), { mode: 0o600 });
    const declared = [[honest.name, honest.address], ...[...workers.keys()].map((kind) => [kind, addressOf(kind)])];
    const instances = declared.map(([name, address]) => `  - address: ${address}\n    name: ${name}\n`);
    writeFileSync(join(folder, 'config.yaml'), `services:\n- key: frontend.key\n  instances:\n${instances.join('')}`);
    running = startBalancer(place, join(folder, 'config.yaml'), ['--unprobed', '--metrics', metricsSocket]);
  });
  after(async () => {
    await running?.stop('SIGKILL');
    await lying?.[Symbol.asyncDispose]();
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('what is no descriptor of a worker is refused with a reason, counted and not published; the honest one is served', async () => {
    for (const [kind, reason] of Object.entries(hostile)) {
      const event = await balancer().until(
        (one: BalanceLine) => one.kind === 'descriptor.refused' && one.worker === kind,
      );
      assert.equal(event.reason, reason, event.why ?? '');
    }
    const metrics = await readMetrics();
    for (const reason of new Set(Object.values(hostile)))
      assert.ok(sample(metrics, 'refused_descriptors_total', `reason="${reason}"`) > 0, reason);
    await isHonestAlone(balancer(), readRounds);
    assert.equal(await reach(visitor, key.address), honest.name);
  });

  test('directories that refuse what they took or serve another one have missed the round, and do not drive the counter on', async () => {
    const { directories } = readOf(await untilRounds(balancer(), readRounds, isSent));
    const missed = new Set(directories.filter(isMissed).map(({ fingerprint }) => liars.get(fingerprint)));
    assert.deepEqual([...missed].sort(), [...roles].sort());
    // Others may be missing for a moment, too.
    const isCounted = async (): Promise<boolean> => {
      const metrics = await readMetrics();
      return (
        sample(metrics, 'directories_missing', 'read="true"') === roles.length &&
        sample(metrics, 'uploads_total', 'result="failed"') >= roles.length
      );
    };
    await waitFor(isCounted, { what: 'directories that lie in the metrics', timeoutMs: patienceMs, intervalMs: 500 });
    await balancer().until((event) => isRead(event) && /missed the last round/.test(event.why ?? ''));
    isLying = false;
    await untilHeld(balancer(), readRounds);
    const rounds = balancer().events.filter(isRead);
    const again = rounds.filter(({ why }) => /missed the last round/.test(why ?? ''));
    assert.ok(again.length > 0);
    for (const round of again)
      assert.equal(round.revisionCounter, rounds[rounds.indexOf(round) - 1]?.revisionCounter, round.why ?? '');
  });

  /** Signed by the honest worker itself. */
  const makeOlder = (): string =>
    makeOld(
      keyOf(decodeSecretKeyFile(readFileSync(join(honest.tor.plan.folder, honest.name, 'hs_ed25519_secret_key')))),
    );

  test('an older descriptor of a worker is counted, and changes nothing', async () => {
    served.set(bareAddress(honest.address), makeOlder());
    const event = await balancer().next((one) => one.kind === 'descriptor.refused' && one.worker === honest.name);
    assert.equal(event.reason, 'balance-replayed-descriptor');
    assert.ok(sample(await readMetrics(), 'refused_descriptors_total', `reason="${event.reason}"`) > 0);
    await isHonestAlone(balancer(), readRounds);
    assert.equal(await balancer().stop('SIGTERM'), 0);
  });

  test('a helper that hands over the descriptor of another or an older one is not believed', async () => {
    let handed: string | undefined;
    const { plan } = honest.tor;
    const tor = { plan: { ...plan, controlSocket: join(folder, 'worker') } };
    await using _ = await openLyingTor(tor.plan.controlSocket, plan.controlSocket, { ...truth, hands: () => handed });
    const helper = helperOf({ name: honest.name, address: honest.address, tor });
    const worker = { id: honest.name, onionAddress: honest.address, weight: 1, port: 80, helper };
    const other = await runInProcess(lab, join(folder, 'other.db'), { frontends: [declareFrontend(lab, [worker])] });
    try {
      await other.watch.until((event) => event.kind === 'round.published' && event.isFetched);
      const learnt = () => other.watch.events.filter(({ kind }) => kind === 'worker.learnt').length;
      const before = learnt();
      for (const [text, reason] of [
        [make('forged'), 'hsdesc-wrong-key'],
        [makeOlder(), 'balance-replayed-descriptor'],
      ] as const) {
        handed = text;
        const refused = other.watch.next((event) => event.kind === 'descriptor.refused' && event.reason === reason);
        // A helper looks at its tor again when something was said of a descriptor.
        await (await honest.tor.control).hsFetch(bareAddress(key.address));
        await refused;
      }
      assert.equal(learnt(), before);
      await isHonestAlone(other.watch, other.readRounds);
    } finally {
      await other.stop();
    }
  });
});
