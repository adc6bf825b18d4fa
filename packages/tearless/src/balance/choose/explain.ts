// A layout as people ask about it: what each directory leads to, what each worker gets of new clients and why that is not
// just its weight, and what will change it next.
import { type Layout, listRead, type PointRef } from '../model/layout.ts';
import type { WorkerPoints, WorkerState } from '../model/worker.ts';
import { relaysOf } from './candidates.ts';
import { expectedShares } from './shares.ts';

/** Something that is known to change the layout at a time. */
export interface ComingChange {
  readonly atMs: number;
  /** For people: `the time period changes: other directories`. */
  readonly why: string;
}

export interface DirectoryExplanation {
  readonly fingerprint: string;
  /** The directory whose points it has, where clients do not read it. */
  readonly copyOf: string | null;
  readonly points: readonly PointRef[];
  /** Of the clients that read this directory, the part that each worker gets. */
  readonly workers: readonly { readonly worker: string; readonly points: number; readonly share: number }[];
}

export interface WorkerExplanation {
  readonly worker: string;
  readonly state: WorkerState;
  /** Of all new clients. */
  readonly expectedShare: number;
  /** Its part of the weights of all workers that are in. */
  readonly wantedShare: number;
  /** Introduction points that clients can find, of how many. */
  readonly pointsInPlay: number;
  readonly points: number;
  /** Fingerprints of directories that clients read. */
  readonly directories: readonly string[];
  /** Why it gets no clients, or not by its weight; null when it gets its share to within a place. */
  readonly why: string | null;
}

export interface LayoutExplanation {
  readonly directories: readonly DirectoryExplanation[];
  readonly workers: readonly WorkerExplanation[];
  /** Soonest first. */
  readonly coming: readonly ComingChange[];
}

/**
 * @param coming what the caller knows of: the next rotation, the ring's changes, the next round
 */
export const explainLayout = (
  layout: Layout,
  points: readonly WorkerPoints[],
  coming: readonly ComingChange[],
): LayoutExplanation => {
  const ends = points.filter(({ worker, introPoints }) => worker.state === 'in' && introPoints.length > 0);
  return {
    directories: [...layout.chosen].map(([fingerprint, refs]) => ({
      fingerprint,
      copyOf: layout.copies.get(fingerprint) ?? null,
      points: refs,
      workers: countByWorker(refs).map(([worker, count]) => ({ worker, points: count, share: count / refs.length })),
    })),
    workers: explainWorkers(layout, points),
    coming: [
      ...coming,
      ...ends.map(({ worker, learntAtMs, descriptorValidForMs }) => ({
        atMs: learntAtMs + descriptorValidForMs,
        why: `what is known of the introduction points of ${worker.id} ends, unless it is learnt anew`,
      })),
    ].sort((a, b) => a.atMs - b.atMs),
  };
};

const explainWorkers = (layout: Layout, points: readonly WorkerPoints[]): WorkerExplanation[] => {
  const shares = expectedShares(layout, relaysOf(points));
  const read = listRead(layout);
  const places = [...read.values()].reduce((sum, refs) => sum + refs.length, 0);
  const isIn = ({ worker, introPoints }: WorkerPoints) => worker.state === 'in' && introPoints.length > 0;
  const weights = points.filter(isIn).reduce((sum, { worker }) => sum + worker.weight, 0);
  return points.map((one) => {
    const { worker, introPoints } = one;
    const has = [...read].filter(([, refs]) => refs.some((ref) => ref.worker === worker.id));
    const found = has.flatMap(([, refs]) => refs).filter((ref) => ref.worker === worker.id);
    const expectedShare = shares.get(worker.id) ?? 0;
    const wantedShare = isIn(one) ? worker.weight / weights : 0;
    const inPlay = new Set(found.map(({ key }) => key)).size;
    const placesMore = (expectedShare - wantedShare) * places;
    return {
      worker: worker.id,
      state: worker.state,
      expectedShare,
      wantedShare,
      pointsInPlay: inPlay,
      points: introPoints.length,
      directories: has.map(([fingerprint]) => fingerprint),
      why: explainShare(one, {
        placesMore,
        places: found.length,
        directories: read.size,
        isOneBody: isOneBody(layout),
      }),
    };
  });
};

interface ShareFacts {
  /** Places that it has beyond those that its weight asks for; negative when it has fewer. */
  readonly placesMore: number;
  readonly places: number;
  readonly directories: number;
  readonly isOneBody: boolean;
}

const explainShare = ({ worker, introPoints }: WorkerPoints, facts: ShareFacts): string | null => {
  const { placesMore, places, directories, isOneBody } = facts;
  if (worker.state !== 'in') return `it is ${worker.state}: no new clients are sent to it`;
  if (introPoints.length === 0) return 'none of its introduction points are known';
  if (places === 0) return 'there are more points than places: its turn comes with a later rotation';
  if (Math.abs(placesMore) < 1) return null;
  if (isOneBody) return 'all directories have the same descriptor: clients take any of its points';
  if (placesMore < 0 && places === introPoints.length * directories) {
    return 'all its points are in every descriptor: more introduction points would bring it more clients';
  }
  return placesMore < 0
    ? 'other workers need the places: each has to be found by clients'
    : 'its points have as few places as they can have and still be found';
};

const isOneBody = (layout: Layout): boolean => {
  const bodies = [...listRead(layout).values()].map((refs) =>
    refs
      .map(({ key }) => key)
      .sort()
      .join(),
  );
  return new Set(bodies).size === 1;
};

const countByWorker = (refs: readonly PointRef[]): [string, number][] => {
  const counts = new Map<string, number>();
  for (const { worker } of refs) counts.set(worker, (counts.get(worker) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
};
