// Deals the points to the descriptors that clients read, so that the workers' shares follow their weights, and no two points of
// one descriptor are at one relay: once-a-relay.ts says why. Few points meet in a large network, and are kept apart; in a
// small one, and at relays that tor prefers for their bandwidth, many do, and who stands where has to be tried: fit.ts.
import type { Random } from '../../stats/random/random.ts';
import { shuffle } from '../../stats/random/shuffle.ts';
import type { Layout, PointRef } from '../model/layout.ts';
import { type Before, type DealDirectory, dealPlaces, dealPoints } from './deal.ts';
import { fitShares } from './fit.ts';
import type { FitOptions } from './fit-ledger.ts';
import { leadByWeight } from './lead.ts';
import { type Candidate, type Places, planPlaces, sharesWorthASize } from './places.ts';
import { countApart, separateRelays } from './separate.ts';
import { countHidden, distanceOf } from './shares.ts';
import { tellApart } from './tell-apart.ts';

export interface ArrangeTask {
  readonly candidates: readonly Candidate[];
  /** By key of the point. */
  readonly relayOf: ReadonlyMap<string, string>;
  readonly directories: readonly DealDirectory[];
  /** Points that a descriptor can hold. */
  readonly capacity: number;
  readonly round: number;
  readonly previous: Layout | undefined;
  readonly before: Before;
  readonly random: Random;
}

type Arranged = ReadonlyMap<string, readonly PointRef[]>;

/** @returns by fingerprint, each in its order; where there are several directories, without points that meet */
export const arrange = (task: ArrangeTask): Arranged => {
  const { candidates, relayOf, directories } = task;
  const points = candidates.flatMap((candidate) => candidate.points);
  return tellApart(arrangeByShares(task, points), { directories, points, relayOf });
};

const arrangeByShares = (task: ArrangeTask, points: readonly PointRef[]): Arranged => {
  const { candidates, relayOf, directories, capacity } = task;
  const weights = new Map(candidates.map(({ worker, weight }) => [worker, weight]));
  const measure = { directories, points, relayOf, weights };
  const apart = countApart(
    points.map(({ key }) => relayOf.get(key) ?? key),
    directories.length,
  );
  if (directories.length === 1) {
    const short = planFor(task, Math.min(capacity, apart));
    return leadByWeight(deal(task, short, short.size), measure);
  }
  const plan = planFor(task, capacity);
  const goodEnough = plan.distance + sharesWorthASize;
  const standing = asBefore(task);
  let best = standing === undefined ? undefined : bringIn(standing, measure);
  // Of those that are good enough, the one that leaves fewest points out. A worker that is nowhere is worth that points move.
  const costOf = (arranged: Arranged): number =>
    Math.max(goodEnough, distanceOf(arranged, measure)) +
    (points.length - countPoints(arranged)) * smallestStep +
    (candidates.length - countWorkers(arranged)) * sharesWorthASize;
  const isWhole = best !== undefined && countWorkers(best) === candidates.length;
  if (best !== undefined && isWhole && meets(points, relayOf) && distanceOf(best, measure) <= goodEnough) return best;
  const free = deal(task, plan, plan.size);
  if (!meetsAnywhere(free, relayOf)) return free;
  // One that is hardly better is not worth that points move.
  let least = best === undefined ? Number.POSITIVE_INFINITY : costOf(best) - sharesWorthASize;
  for (const size of listSizes(task, plan, apart)) {
    const dealt = size === plan.size ? free : deal(task, plan, size);
    const fitted = bringIn(fitShares(dealt, measure), measure);
    const cost = costOf(fitted);
    if (cost >= least) continue;
    best = fitted;
    least = cost;
    if (cost <= goodEnough) break;
  }
  return best ?? free;
};

/** Less than any distance between layouts. */
const smallestStep = 1e-6;

const countPoints = (arranged: Arranged): number => new Set([...arranged.values()].flat().map(({ key }) => key)).size;

const countWorkers = (arranged: Arranged): number =>
  new Set([...arranged.values()].flat().map(({ worker }) => worker)).size;

/** The one from before first, then those in which fewest points meet. Where not all have a place, rounds decide who has. */
const listSizes = ({ before }: ArrangeTask, plan: Places, apart: number): number[] => {
  if (!plan.isAllInPlay) return [plan.size];
  const sizes = new Set([...before.values()].map((refs) => refs.length));
  const isLegal = (size: number): boolean => size >= plan.smallest && size <= plan.size;
  for (let size = Math.max(plan.smallest, Math.min(apart, plan.size)); size <= plan.size; size++) sizes.add(size);
  return [...sizes].filter(isLegal);
};

const planFor = ({ candidates, directories, round, ...task }: ArrangeTask, capacity: number): Places =>
  planPlaces({
    candidates,
    descriptors: directories.length,
    hasReplicas: new Set(directories.flatMap(({ replicas }) => replicas)).size > 1,
    capacity,
    round,
    kept: listKept({ round, ...task }),
  });

/** What stands in the places of the layout before, when that was of the same round. */
const listKept = ({ round, previous, before }: Pick<ArrangeTask, 'round' | 'previous' | 'before'>): PointRef[] =>
  previous?.round === round ? [...before.values()].flat() : [];

/** The layout from before, where all that stands in it may stay and no points meet. */
const asBefore = (task: ArrangeTask): Arranged | undefined => {
  const { candidates, directories, relayOf, before, capacity } = task;
  const kept = listKept(task);
  const keys = new Set(candidates.flatMap(({ points }) => points.map(({ key }) => key)));
  const isSame =
    kept.length > 0 &&
    kept.every(({ key }) => keys.has(key)) &&
    before.size === directories.length &&
    directories.every(({ fingerprint }) => {
      const refs = before.get(fingerprint) ?? [];
      return refs.length > 0 && refs.length <= capacity && !meets(refs, relayOf);
    });
  return isSame ? before : undefined;
};

/** Lets a point that stands nowhere take the place of one of the same worker that stands elsewhere too: shares stay. */
const bringIn = (arranged: Arranged, { points, relayOf }: Pick<FitOptions, 'points' | 'relayOf'>): Arranged => {
  const result = new Map([...arranged].map(([fingerprint, refs]) => [fingerprint, [...refs]]));
  const relay = ({ key }: PointRef): string => relayOf.get(key) ?? key;
  const places = new Map<string, number>();
  for (const { key } of [...result.values()].flat()) places.set(key, (places.get(key) ?? 0) + 1);
  const bring = (point: PointRef): boolean => {
    for (const refs of result.values()) {
      for (const [at, leaving] of refs.entries()) {
        const left = (places.get(leaving.key) ?? 0) - 1;
        if (leaving.worker !== point.worker || left === 0) continue;
        if (refs.some((ref) => ref !== leaving && relay(ref) === relay(point))) continue;
        refs[at] = point;
        places.set(point.key, 1).set(leaving.key, left);
        return true;
      }
    }
    return false;
  };
  // One that comes in makes room at its worker's other relays.
  while (points.some((point) => !places.has(point.key) && bring(point)));
  return result;
};

const meets = (refs: readonly PointRef[], relayOf: ReadonlyMap<string, string>): boolean =>
  countHidden(refs, relayOf) > 0;

const meetsAnywhere = (arranged: Arranged, relayOf: ReadonlyMap<string, string>): boolean =>
  [...arranged.values()].some((refs) => meets(refs, relayOf));

const deal = (task: ArrangeTask, plan: Places, size: number): Arranged => {
  const { candidates, round, before, random } = task;
  const directories = shuffle(task.directories, random);
  const counts = plan.countsAt(size);
  const inPlay = shuffle(
    candidates.filter(({ worker }) => (counts.get(worker) ?? 0) > 0),
    random,
  );
  const places = dealPlaces(
    new Map(inPlay.map(({ worker }) => [worker, counts.get(worker) ?? 0])),
    directories,
    size,
    before,
  );
  const dealt = new Map(directories.map(({ fingerprint }) => [fingerprint, [] as PointRef[]]));
  const kept = listKept(task);
  for (const { worker, points } of inPlay) {
    const turn = takeTurns(points, round, kept);
    for (const [fingerprint, refs] of dealPoints(turn, places.get(worker) ?? new Map(), before)) {
      dealt.get(fingerprint)?.push(...refs);
    }
  }
  separateRelays(dealt, directories, task.relayOf);
  return putInOrder(dealt, before, random);
};

/** The points in the order in which they get a place: each round another is first, within a round those that had more. */
const takeTurns = (points: readonly PointRef[], round: number, kept: readonly PointRef[]): PointRef[] => {
  const byKey = [...points].sort((a, b) => (a.key < b.key ? -1 : 1));
  const first = round % byKey.length;
  const had = (point: PointRef) => kept.filter(({ key }) => key === point.key).length;
  return [...byKey.slice(first), ...byKey.slice(0, first)].sort((a, b) => had(b) - had(a));
};

/** A random order, so that it tells nothing of which points belong together; the one from before where nothing changed. */
export const putInOrder = (chosen: Arranged, before: Before, random: Random): Map<string, readonly PointRef[]> => {
  const ordered = new Map<string, readonly PointRef[]>();
  for (const [fingerprint, refs] of chosen) {
    const earlier = before.get(fingerprint) ?? [];
    const byKey = new Map(refs.map((ref) => [ref.key, ref]));
    const same = earlier.flatMap(({ key }) => byKey.get(key) ?? []);
    const isSame = same.length === refs.length && earlier.length === refs.length;
    ordered.set(fingerprint, isSame ? same : shuffle(refs, random));
  }
  return ordered;
};
