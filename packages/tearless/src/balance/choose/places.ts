// How many places in all descriptors together each worker gets, and how many points a descriptor has.
import type { PointRef, Policy } from '../model/layout.ts';
import { apportion, type Claim, fillByWeight } from './apportion.ts';

/** A worker that is in, with its points that can be used. */
export interface Candidate {
  readonly worker: string;
  readonly weight: number;
  readonly points: readonly PointRef[];
}

export interface PlaceOptions {
  readonly candidates: readonly Candidate[];
  /** Descriptors that differ: as many as directories that clients read, or 1. */
  readonly descriptors: number;
  /** Those directories are under several replicas: a worker in two places can be under both. */
  readonly hasReplicas: boolean;
  /** Points that a descriptor can hold. */
  readonly capacity: number;
  readonly round: number;
  /** What stands in the places of the layout before, when that was of the same round. */
  readonly kept: readonly PointRef[];
}

export interface Places {
  /** Points in each descriptor, where no two meet at a relay: the largest that comes as near to the weights as the best. */
  readonly size: number;
  /** Each worker has what it must have from this size on. */
  readonly smallest: number;
  /** How far the best size is from the weights: the part of all clients that go to another worker than these say. */
  readonly distance: number;
  /** Every point has a place. */
  readonly isAllInPlay: boolean;
  /** Places of each worker. @param size of the descriptors, from `smallest` to `size` */
  countsAt(size: number): ReadonlyMap<string, number>;
}

/** Fewer points than a plain service of tor's has are used only when there are no more. */
const fewestPoints = 3;
/** How much nearer to the weights a descriptor of another size must come to be preferred: part of all clients. */
export const sharesWorthASize = 0.01;

/**
 * Each worker's places are in proportion to its weight, to within one place, but for those that have all their points
 * everywhere and those that have each only once (or, with one point, are in two directories). When that much does not fit,
 * each has two places, or one, and what is over goes by weight and round.
 */
export const planPlaces = ({ candidates, descriptors, hasReplicas, capacity, round, kept }: PlaceOptions): Places => {
  const room = descriptors * capacity;
  const twice = hasReplicas && descriptors > 1 ? 2 : 1;
  // A point cannot be twice in one descriptor: with a single one, only points that are left out make shares uneven.
  const allInPlay = descriptors === 1 ? () => 1 : ({ points }: Candidate) => Math.max(points.length, twice);
  const leasts = [allInPlay, () => twice, () => 1, () => 0];
  const total = (least: (candidate: Candidate) => number) =>
    candidates.reduce((sum, candidate) => sum + least(candidate), 0);
  const least = leasts.find((rule) => total(rule) <= room) ?? (() => 0);
  const claims: Claim[] = candidates.map((candidate) => ({
    worker: candidate.worker,
    weight: candidate.weight,
    least: least(candidate),
    most: candidate.points.length * descriptors,
    before: kept.filter(({ worker }) => worker === candidate.worker).length,
  }));
  const points = candidates.reduce((sum, candidate) => sum + candidate.points.length, 0);
  const largest = Math.min(capacity, points);
  const smallest = Math.min(largest, Math.max(fewestPoints, Math.ceil(total(least) / descriptors)));
  return {
    ...chooseSize(claims, descriptors, smallest, largest),
    smallest,
    isAllInPlay: least === allInPlay,
    countsAt(size) {
      const parts = apportion(claims, descriptors * size, round);
      return new Map(claims.map(({ worker }, index) => [worker, parts[index] ?? 0]));
    },
  };
};

/** The largest size that comes as near to the weights as the best does, or nearly. */
const chooseSize = (
  claims: readonly Claim[],
  descriptors: number,
  smallest: number,
  largest: number,
): Pick<Places, 'size' | 'distance'> => {
  const distances: { size: number; distance: number }[] = [];
  for (let size = largest; size >= smallest; size--) {
    distances.push({ size, distance: distanceFromWeights(claims, descriptors * size) });
  }
  const best = Math.min(...distances.map(({ distance }) => distance));
  const size = distances.find(({ distance }) => distance <= best + sharesWorthASize)?.size ?? largest;
  return { size, distance: best };
};

/** Total variation: the part of all clients that go to another worker than the weights say. */
const distanceFromWeights = (claims: readonly Claim[], places: number): number => {
  const weights = claims.reduce((sum, { weight }) => sum + weight, 0);
  const parts = fillByWeight(claims, places);
  return claims.reduce((sum, { weight }, index) => {
    return sum + Math.abs((parts[index] ?? 0) / places - weight / weights) / 2;
  }, 0);
};

/** Points that a descriptor may have under each policy. rend-spec-v3 §2.5.4; 8 is what a plain service's size holds. */
export const policyCapacity: Readonly<Record<Policy, number>> = { distinct: 20, 'blend-in': 8, single: 20 };
