// Deals the points to the descriptors that clients read, so that the workers' shares follow their weights also where points
// meet at relays. Few points meet in a large network, and are kept apart; in a small one, and at relays that tor prefers for
// their bandwidth, many do, and the size of the descriptors and who stands where decide together.
import type { Random } from '../../stats/random/random.ts';
import { shuffle } from '../../stats/random/shuffle.ts';
import type { Layout, PointRef } from '../model/layout.ts';
import { type Before, type DealDirectory, dealPlaces, dealPoints } from './deal.ts';
import { countHidden, distanceOf, fitShares } from './fit.ts';
import { leadByWeight } from './lead.ts';
import { type Candidate, type Places, planPlaces, sharesWorthASize } from './places.ts';
import { countApart, separateRelays } from './separate.ts';

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

/** @returns by fingerprint, each in its order */
export const arrange = (task: ArrangeTask): Arranged => {
  const { candidates, relayOf, directories, capacity } = task;
  const points = candidates.flatMap((candidate) => candidate.points);
  const weights = new Map(candidates.map(({ worker, weight }) => [worker, weight]));
  const relays = points.map(({ key }) => relayOf.get(key) ?? key);
  const apart = countApart(relays, directories.length);
  const plan = planFor(task, capacity);
  // Where not all have a place, rounds decide who has.
  if (!plan.isAllInPlay || directories.length === 1) {
    const short = planFor(task, Math.min(capacity, apart));
    return leadByWeight(deal(task, short, short.size), { relayOf, weights });
  }
  const measure = { directories, points, relayOf, weights };
  const standing = asBefore(task, points, plan);
  const goodEnough = plan.distance + sharesWorthASize;
  const isGood = (arranged: Arranged): boolean => distanceOf(arranged, measure) <= goodEnough;
  if (standing !== undefined && meets(standing, relayOf) && isGood(standing)) return standing;
  const free = deal(task, plan, plan.size);
  if (!meets(free, relayOf)) return free;
  let best = standing === undefined ? undefined : fitShares(standing, measure);
  if (best !== undefined && isGood(best)) return best;
  // One that is hardly better is not worth that points move.
  let least = best === undefined ? Number.POSITIVE_INFINITY : distanceOf(best, measure) - sharesWorthASize;
  for (const size of listSizes(task, plan, apart)) {
    const dealt = leadByWeight(size === plan.size ? free : deal(task, plan, size), measure);
    const fitted = isGood(dealt) ? dealt : fitShares(dealt, measure);
    const distance = distanceOf(fitted, measure);
    if (distance >= least) continue;
    best = fitted;
    least = distance;
    if (distance <= goodEnough) break;
  }
  return best ?? free;
};

/** The one from before first, then those in which fewest points meet. */
const listSizes = ({ before }: ArrangeTask, plan: Places, apart: number): number[] => {
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

/** The layout from before, where it has all points that there are, no others, and the same directories. */
const asBefore = (task: ArrangeTask, points: readonly PointRef[], plan: Places): Arranged | undefined => {
  const { directories, before } = task;
  const had = new Set(listKept(task).map(({ key }) => key));
  const isSame =
    had.size === points.length &&
    points.every(({ key }) => had.has(key)) &&
    before.size === directories.length &&
    directories.every(({ fingerprint }) => {
      const size = before.get(fingerprint)?.length ?? 0;
      return size >= plan.smallest && size <= plan.size;
    });
  return isSame ? before : undefined;
};

const meets = (arranged: Arranged, relayOf: ReadonlyMap<string, string>): boolean =>
  [...arranged.values()].some((refs) => countHidden(refs, relayOf) > 0);

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
