// Chooses which introduction points stand in which directory's descriptor, for one period. Pure: the same input and the same
// random numbers give the same layout. How places are shared out is in places.ts, how they are dealt in deal.ts.
import { defaultMaxDescriptorBytes } from '@tearless/tor/hsdesc/outer.ts';
import type { Random } from '../../stats/random/random.ts';
import { shuffle } from '../../stats/random/shuffle.ts';
import type { Directory } from '../model/directory.ts';
import {
  type Layout,
  type LayoutChoice,
  listRead,
  type NoLayoutReason,
  type PointRef,
  type Policy,
} from '../model/layout.ts';
import type { WorkerPoints } from '../model/worker.ts';
import { listCandidates } from './candidates.ts';
import { addCopies } from './copies.ts';
import { type Before, type DealDirectory, dealPlaces, dealPoints } from './deal.ts';
import { leadByWeight } from './lead.ts';
import { type Candidate, planPlaces, policyCapacity } from './places.ts';
import { countApart, separateRelays } from './separate.ts';
import { countThatFits, type DescriptorFrame, pagesBelow, pagesOfPlainService, plainFrame } from './size.ts';

export interface LayoutOptions {
  /** Every directory that stores the descriptor of the period. */
  readonly directories: readonly Directory[];
  readonly points: readonly WorkerPoints[];
  readonly policy: Policy;
  /** Number of the rotation, from 0: another one lets other points in where not all have a place. Not one a publication. */
  readonly round: number;
  /** What is published for the same period. */
  readonly previous?: Layout | undefined;
  /** Breaks ties and orders the points in each descriptor. */
  readonly random: Random;
  /** What stands in each descriptor beside the points. Default: a service that is open to all. */
  readonly frame?: DescriptorFrame | undefined;
  /** The parameter HSV3MaxDescriptorSize. Default 50,000. */
  readonly maxBytes?: number | undefined;
}

/**
 * With equal weights and no more points than a descriptor holds: one full descriptor everywhere. Else each directory that
 * clients read has its own, all of one size, and `expectedShares` follow the weights as planPlaces says. Points of workers
 * that are not in are never chosen. Points at one relay are kept out of one descriptor where that can be. Within a round, what need not move stays.
 *
 * @throws Bug for a weight that is not above 0
 */
export const chooseLayout = (options: LayoutOptions): LayoutChoice => {
  const { directories, points, policy, round, previous, random } = options;
  const { candidates, sizes, relayOf, setAside } = listCandidates(points);
  const none = (reason: NoLayoutReason): LayoutChoice => ({ kind: 'none', reason, setAside });
  if (directories.length === 0) return none('no-directories');
  if (points.length === 0) return none('no-workers');
  if (points.every(({ worker }) => worker.state !== 'in')) return none('all-out');
  if (candidates.length === 0) return none('no-points');
  const capacity = findCapacity(options, sizes);
  if (capacity === 0) return none('no-room');

  const fetched = directories.filter(({ isFetched }) => isFetched);
  const read = fetched.length > 0 ? fetched : directories;
  const before: Before = previous === undefined ? new Map() : listRead(previous);
  const all = candidates.flatMap((candidate) => candidate.points);
  const isEven = candidates.every(({ weight }) => weight === candidates[0]?.weight);
  const descriptors = policy === 'single' ? 1 : read.length;
  const useful = Math.min(
    capacity,
    countApart(
      all.map(({ key }) => relayOf.get(key) ?? key),
      descriptors,
    ),
  );
  const tasks = { candidates, relayOf, capacity: useful, round, previous, random };
  let chosen: ReadonlyMap<string, readonly PointRef[]>;
  if (all.length <= capacity && isEven) {
    chosen = toEach(read, all);
  } else if (policy === 'single') {
    const only = { fingerprint: 'the only one', replicas: [1] };
    const [wasThere = []] = before.values();
    const dealt = deal({ ...tasks, directories: [only], before: new Map([[only.fingerprint, wasThere]]) });
    chosen = toEach(read, dealt.get(only.fingerprint) ?? []);
  } else {
    chosen = deal({ ...tasks, directories: read, before });
  }
  const weights = new Map(candidates.map(({ worker, weight }) => [worker, weight]));
  const ordered = leadByWeight(putInOrder(chosen, before, policy, random), { relayOf, weights });
  return { kind: 'chosen', layout: { policy, round, ...addCopies(ordered, directories, previous) }, setAside };
};

/** Points that each descriptor can hold, whichever of them it gets. */
const findCapacity = (options: LayoutOptions, sizes: readonly number[]): number => {
  const { policy, frame = plainFrame, maxBytes = defaultMaxDescriptorBytes } = options;
  const most = pagesBelow(maxBytes);
  const pages = policy === 'blend-in' ? Math.min(most, pagesOfPlainService(frame.authClients)) : most;
  return Math.min(policyCapacity[policy], countThatFits(sizes, pages, frame));
};

interface DealTask {
  readonly candidates: readonly Candidate[];
  readonly relayOf: ReadonlyMap<string, string>;
  readonly directories: readonly DealDirectory[];
  readonly capacity: number;
  readonly round: number;
  readonly previous: Layout | undefined;
  readonly before: Before;
  readonly random: Random;
}

const deal = (task: DealTask): Map<string, PointRef[]> => {
  const { candidates, capacity, round, previous, before, random } = task;
  const isSameRound = previous?.round === round;
  const directories = shuffle(task.directories, random);
  const hasReplicas = new Set(directories.flatMap(({ replicas }) => replicas)).size > 1;
  const kept = isSameRound ? [...before.values()].flat() : [];
  const { size, counts } = planPlaces({
    candidates,
    descriptors: directories.length,
    hasReplicas,
    capacity,
    round,
    kept,
  });
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
  for (const { worker, points } of inPlay) {
    const turn = takeTurns(points, round, kept);
    for (const [fingerprint, refs] of dealPoints(turn, places.get(worker) ?? new Map(), before)) {
      dealt.get(fingerprint)?.push(...refs);
    }
  }
  separateRelays(dealt, directories, task.relayOf);
  return dealt;
};

/** The points in the order in which they get a place: each round another is first, within a round those that had more. */
const takeTurns = (points: readonly PointRef[], round: number, kept: readonly PointRef[]): PointRef[] => {
  const byKey = [...points].sort((a, b) => (a.key < b.key ? -1 : 1));
  const first = round % byKey.length;
  const had = (point: PointRef) => kept.filter(({ key }) => key === point.key).length;
  return [...byKey.slice(first), ...byKey.slice(0, first)].sort((a, b) => had(b) - had(a));
};

const toEach = (directories: readonly Directory[], refs: readonly PointRef[]): Map<string, readonly PointRef[]> =>
  new Map(directories.map(({ fingerprint }) => [fingerprint, refs]));

/** A random order, so that it tells nothing of which points belong together; the one from before where nothing changed. */
const putInOrder = (
  chosen: ReadonlyMap<string, readonly PointRef[]>,
  before: Before,
  policy: Policy,
  random: Random,
): Map<string, readonly PointRef[]> => {
  const ordered = new Map<string, readonly PointRef[]>();
  for (const [fingerprint, refs] of chosen) {
    const earlier = before.get(fingerprint) ?? (policy === 'single' ? [...before.values()][0] : undefined) ?? [];
    const byKey = new Map(refs.map((ref) => [ref.key, ref]));
    const same = earlier.flatMap(({ key }) => byKey.get(key) ?? []);
    const isSame = same.length === refs.length && earlier.length === refs.length;
    ordered.set(fingerprint, isSame ? same : shuffle(refs, random));
  }
  return ordered;
};
