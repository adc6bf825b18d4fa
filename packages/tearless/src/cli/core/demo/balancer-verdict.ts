// What scene `balancer` proved and what not, from what was seen. Pure.
import { timesOf } from '@tearless/lab/traffic/visiting.ts';
import type { Visit } from '@tearless/lab/traffic/visitor.ts';
import type { Balancing, BalancingChange } from '../../../report/balancing.ts';
import { formatDuration } from '../../../report/format.ts';
import type { SceneResult } from './scene.ts';

/** So many visits at least make the scene tell something. */
const leastVisits = 200;
export interface BalancerChange extends BalancingChange {
  readonly kind: 'added' | 'killed' | 'drained';
  readonly worker: string;
}

export interface BalancerEvidence {
  readonly workers: readonly string[];
  readonly visits: readonly Visit[];
  readonly changes: readonly BalancerChange[];
  /** Of the round with all workers. */
  readonly introductionPoints: number;
  readonly distinctDescriptors: number;
  /** Introduction points of the drained and of the killed worker in the last round. */
  readonly pointsLeft: number;
  readonly reportPath: string;
}

const secondsOf = ({ atMs, publishedMs }: BalancerChange): number => (publishedMs - atMs) / 1000;

/** The nearest-rank median. */
const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? 0;

const describeFailure = ({ visitor, isFresh, startMs, attempts }: Visit): string =>
  `${visitor}, ${isFresh ? 'fresh' : 'with a descriptor'}, at ${new Date(startMs).toISOString().slice(11, 19)} UTC: ${attempts.map(({ reason }) => reason).join('; ')}`;

const roundTo = (value: number, digits: number): number => Number(value.toFixed(digits));

export const judgeBalancerScene = (
  evidence: BalancerEvidence,
): { proofs: Balancing['proofs']; shares: ReadonlyMap<string, number>; result: SceneResult } => {
  const { workers, visits, changes, introductionPoints, distinctDescriptors, pointsLeft } = evidence;
  const answered = visits.filter(({ outcome }) => outcome === 'ok');
  const failed = visits.filter(({ outcome }) => outcome === 'failed');
  const shares = new Map(
    workers.map((worker) => [
      worker,
      answered.filter(({ answer }) => answer === worker).length / Math.max(1, answered.length),
    ]),
  );
  const find = (kind: BalancerChange['kind']) => changes.find((change) => change.kind === kind);
  const [added, killed, drained] = [find('added'), find('killed'), find('drained')];
  const after = (change: BalancerChange | undefined): Visit[] =>
    change === undefined ? [] : answered.filter(({ startMs }) => startMs > change.publishedMs);
  const toAdded = after(added).filter(({ answer }) => answer === added?.worker).length;
  const toKilled =
    killed === undefined
      ? 0
      : answered.filter(({ answer, endMs }) => answer === killed.worker && endMs > killed.publishedMs).length;
  const toDrained = after(drained).filter(({ answer, isFresh }) => isFresh && answer === drained?.worker).length;
  const fresh = timesOf(visits.filter(({ isFresh }) => isFresh));
  const cached = timesOf(visits.filter(({ isFresh }) => !isFresh));
  const seconds = changes.map(secondsOf);
  const p50 = roundTo(medianOf(seconds), 1);
  const worst = roundTo(Math.max(0, ...seconds), 1);
  const proofs = [
    {
      holds: visits.length >= leastVisits && failed.length === 0,
      text: `${visits.length} new connections to one address, ${failed.length} failed`,
    },
    {
      holds: workers.every((worker) => (shares.get(worker) ?? 0) > 0),
      text: `each of ${workers.length} workers answered some of them`,
    },
    {
      holds: added !== undefined && toAdded > 0,
      text: `the worker that was added answered ${toAdded} after every directory knew of it`,
    },
    {
      holds: killed !== undefined && toKilled === 0,
      text: `the worker that was killed answered ${toKilled} afterwards, and the others went on`,
    },
    {
      holds: drained !== undefined && toDrained === 0 && after(drained).some(({ isFresh }) => isFresh),
      text: `the worker that was drained got ${toDrained} of the visitors who came later and knew nothing`,
    },
    {
      holds: pointsLeft === 0,
      text: `the last descriptors hold ${pointsLeft} introduction points of those two`,
    },
  ];
  const p99 = (times: typeof fresh): string => (times === null ? 'none' : formatDuration(times.p99Ms));
  const result: SceneResult = {
    name: 'balancer',
    requests: { sent: visits.length, failed: failed.length },
    streams: { opened: 0, cut: 0 },
    facts: {
      introductionPoints,
      distinctDescriptors,
      secondsToAllDirectories: { p50, worst },
      shares: Object.fromEntries([...shares].map(([worker, share]) => [worker, roundTo(share, 3)])),
      connectP99Ms: { fresh: fresh?.p99Ms ?? null, cached: cached?.p99Ms ?? null },
    },
    broken: [
      ...proofs.filter(({ holds }) => !holds).map(({ text }) => text),
      ...failed.slice(0, 5).map(describeFailure),
    ],
    summary: [
      `${visits.length} new connections to one address over ${workers.length} workers on two hosts, ${failed.length} failed`,
      `one worker added, one killed, one drained: at every directory after ${p50} s in the middle, ${worst} s at worst`,
      `${introductionPoints} introduction points in play, in ${distinctDescriptors} descriptors that differ`,
      `answered by ${[...shares].map(([worker, share]) => `${worker} ${(share * 100).toFixed(0)} %`).join(', ')}`,
      `99 of 100 visitors connected within ${p99(fresh)} when they knew nothing, within ${p99(cached)} with a descriptor`,
      `report: ${evidence.reportPath}`,
    ],
  };
  return { proofs, shares, result };
};
