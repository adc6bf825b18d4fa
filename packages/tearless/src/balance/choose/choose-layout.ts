// Chooses which introduction points stand in which directory's descriptor, for one period. Pure: the same input and the same
// random numbers give the same layout. How places are shared out is in places.ts, how they are dealt in deal.ts.
import { defaultMaxDescriptorBytes } from '@tearless/tor/hsdesc/outer.ts';
import type { Random } from '../../stats/random/random.ts';
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
import { arrange, putInOrder } from './arrange.ts';
import { listCandidates } from './candidates.ts';
import { addCopies } from './copies.ts';
import type { Before } from './deal.ts';
import { leadByWeight } from './lead.ts';
import { bringBack, dropHidden } from './once-a-relay.ts';
import { policyCapacity } from './places.ts';
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
 * clients read has its own, all of one size, and `expectedShares` follow the weights as planPlaces says. Of points that meet at
 * a relay a descriptor has one alone, and may be shorter for that. Points of workers that are not in are never chosen. Within a
 * round, what need not move stays.
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
  const tasks = { candidates, relayOf, capacity, round, previous, random };
  const alike = (refs: readonly PointRef[]) => {
    const weights = new Map(candidates.map(({ worker, weight }) => [worker, weight]));
    const ordered = putInOrder(toEach(read, refs), bringBack(before, refs, relayOf), random);
    return dropHidden(leadByWeight(ordered, { relayOf, weights }), relayOf);
  };
  let chosen: ReadonlyMap<string, readonly PointRef[]>;
  if (all.length <= capacity && isEven) {
    chosen = alike(all);
  } else if (policy === 'single') {
    const only = { fingerprint: 'the only one', replicas: [1] };
    const [wasThere = []] = before.values();
    const one = arrange({ ...tasks, directories: [only], before: new Map([[only.fingerprint, wasThere]]) });
    chosen = alike(one.get(only.fingerprint) ?? []);
  } else {
    chosen = arrange({ ...tasks, directories: read, before });
  }
  return { kind: 'chosen', layout: { policy, round, ...addCopies(chosen, directories, previous) }, setAside };
};

/** Points that each descriptor can hold, whichever of them it gets. */
const findCapacity = (options: LayoutOptions, sizes: readonly number[]): number => {
  const { policy, frame = plainFrame, maxBytes = defaultMaxDescriptorBytes } = options;
  const most = pagesBelow(maxBytes);
  const pages = policy === 'blend-in' ? Math.min(most, pagesOfPlainService(frame.authClients)) : most;
  return Math.min(policyCapacity[policy], countThatFits(sizes, pages, frame));
};

const toEach = (directories: readonly Directory[], refs: readonly PointRef[]): Map<string, readonly PointRef[]> =>
  new Map(directories.map(({ fingerprint }) => [fingerprint, refs]));
