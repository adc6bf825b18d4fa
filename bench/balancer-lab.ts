// What visitors of a balanced onion service notice, on one private network in one run: served by Tearless and by Debian's
// Onionbalance, the same eight workers behind both addresses. Onionbalance runs with the intervals that it has for test
// networks; its usual ones (fetches every 10 minutes, checks every 5) would make every figure of it far greater.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startCrowd } from '@tearless/lab/traffic/crowd.ts';
import { failuresAfter, startVisiting, timesOf } from '@tearless/lab/traffic/visiting.ts';
import { type Visit, Visitor } from '@tearless/lab/traffic/visitor.ts';
import { declareFrontend, runInProcess } from '../test/integration/balance/in-process.ts';
import { helperOf } from '../test/integration/balance/node-helper.ts';
import { makeFrontend, type OnionLab, startOnionLab } from '../test/integration/balance/onion-lab.ts';
import { intervals, type Onionbalance, startOnionbalance } from './balancer-lab/onionbalance.ts';
import type { Benchmark, BenchmarkContext, Measurement } from './core/benchmark.ts';

const size = { workers: 8, hosts: 4, visitors: 8, relays: 28 };
const load = { everyMs: 300, memoryMs: 10_500 };
const calmMs = 20_000;
const afterKillMs = 75_000;
const firstVisitMs = 180_000;

type Side = 'ours' | 'peer';
type Sides<T> = Record<Side, T>;

/** Until a visitor who knows nothing is answered. */
const waitForAnswer = async (node: OnionLab['balancer'], address: string, signal: AbortSignal): Promise<void> => {
  const visitor = new Visitor(node);
  const deadlineMs = Date.now() + firstVisitMs;
  for (;;) {
    await visitor.forget();
    const { outcome } = await visitor.visit(address);
    if (outcome === 'ok') return;
    signal.throwIfAborted();
    if (Date.now() > deadlineMs) throw new Error(`${address} answered nobody within ${firstVisitMs / 1000} s`);
  }
};

const both = async <T>(work: (side: Side) => Promise<T>): Promise<Sides<T>> => {
  const [ours, peer] = await Promise.all([work('ours'), work('peer')]);
  return { ours, peer };
};

/** What was met by those who came after the kill. */
const afterKill = (visits: readonly Visit[], killedMs: number) => {
  const failures = failuresAfter(visits, killedMs);
  const came = visits.filter(({ startMs }) => startMs >= killedMs);
  return {
    failedAttempts: failures.length,
    failedVisits: came.filter(({ outcome }) => outcome === 'failed').length,
    untilNoneFailsSeconds: Math.max(0, ...failures.map(({ endMs }) => endMs - killedMs)) / 1000,
    slowestSeconds: (timesOf(came)?.maxMs ?? 0) / 1000,
    visits: came.length,
  };
};

const compare = async (
  lab: OnionLab,
  addresses: Sides<string>,
  { progress, signal }: BenchmarkContext,
): Promise<Measurement[]> => {
  const half = size.visitors / 2;
  const visitorsOf = (side: Side) =>
    side === 'ours' ? lab.visitors.slice(0, half) : lab.visitors.slice(half, size.visitors);
  await both((side) => {
    const [node] = visitorsOf(side);
    if (node === undefined) throw new TypeError('a lab without visitors');
    return waitForAnswer(node, addresses[side], signal);
  });
  progress('both answer');
  const visiting = await both(async (side) =>
    startVisiting({ visitors: visitorsOf(side).map((node) => new Visitor(node)), address: addresses[side], ...load }),
  );
  let killedMs: number;
  try {
    await delay(calmMs, undefined, { signal });
    const [worker] = lab.workers;
    if (worker === undefined) throw new TypeError('a lab without workers');
    killedMs = Date.now();
    await worker.tor.stop({ signal: 'SIGKILL' });
    progress('killed the tor of two of the eight workers');
    await delay(afterKillMs, undefined, { signal });
  } finally {
    await Promise.all([visiting.ours.stop(), visiting.peer.stop()]);
  }
  const met = await both(async (side) => afterKill(visiting[side].visits, killedMs));
  for (const [side, one] of Object.entries(met)) progress(`${side}: ${JSON.stringify(one)}`);
  const measure = (name: string, unit: Measurement['unit'], of: (one: typeof met.ours) => number, limit?: number) => ({
    name: `balancer-lab/${name}`,
    unit,
    ours: of(met.ours),
    peer: of(met.peer),
    ...(limit === undefined ? {} : { limit }),
  });
  return [
    measure('after-kill/last-failed-attempt', 's', (one) => one.untilNoneFailsSeconds, 10),
    measure('after-kill/failed-attempts', 'count', (one) => one.failedAttempts),
    measure('after-kill/failed-visits', 'count', (one) => one.failedVisits, 0),
    measure('after-kill/slowest-visit', 's', (one) => one.slowestSeconds),
  ];
};

const run = async (context: BenchmarkContext): Promise<Measurement[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'tearless-bench-balancer-'));
  const theirs = makeFrontend();
  await using closing = new AsyncDisposableStack();
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  context.progress(`a network of ${size.relays} relays, ${size.workers} workers on ${size.hosts} tors`);
  const lab = await startOnionLab(`bench-balancer-${process.pid}`, {
    ...size,
    visitors: size.visitors + 1,
    otherFrontends: [theirs.address],
  });
  closing.defer(() => lab.stop());
  const crowdNode = lab.visitors.at(-1);
  if (crowdNode === undefined) throw new TypeError('a lab without visitors');
  const crowd = await startCrowd(crowdNode, lab.network);
  closing.defer(() => crowd.stop());
  const workers = lab.workers.map((worker) => ({
    id: worker.name,
    onionAddress: worker.address,
    weight: 1,
    port: 80,
    helper: helperOf(worker),
  }));
  const onionbalance: Onionbalance = await startOnionbalance({
    folder: join(folder, 'onionbalance'),
    seed: theirs.seed,
    workers: lab.workers.map(({ address }) => address),
    controlSocket: lab.balancer.plan.controlSocket,
  });
  closing.defer(() => onionbalance.stop());
  const ours = await runInProcess(lab, join(folder, 'store.db'), { frontends: [declareFrontend(lab, workers)] });
  closing.defer(() => ours.stop());
  return await compare(lab, { ours: lab.frontend.address, peer: theirs.address }, context);
};

const hasTor = (): boolean =>
  ['tor', 'tor-gencert'].every((name) => spawnSync(name, ['--version']).error === undefined);

export const benchmark: Benchmark = {
  summary: `visitors of a balanced onion service while a worker dies, against Onionbalance (${intervals})`,
  packages: ['bench'],
  unavailable: () => (hasTor() ? undefined : 'tor is not installed'),
  run,
};
