// Which of several points at one relay stands first in a descriptor and so has the clients of all (shares.ts). separate.ts
// leaves few such groups; their order is chosen here so that the workers' shares come near to the weights.
import type { PointRef } from '../model/layout.ts';
import { groupByRelay, type ShareMeasure, sharesOf } from './shares.ts';

interface Group {
  readonly fingerprint: string;
  readonly refs: readonly PointRef[];
  /** Of all clients, the part that meets the group. */
  readonly share: number;
  leader: PointRef;
}

/** Enough to settle; a sweep that changes nothing ends it sooner. */
const mostSweeps = 20;
const smallestGain = 1e-9;

/**
 * The same points in each descriptor, in another order only where that brings the shares nearer to the weights.
 *
 * @param chosen the descriptors that clients read, each in its order
 */
export const leadByWeight = (
  chosen: ReadonlyMap<string, readonly PointRef[]>,
  { relayOf, weights }: ShareMeasure,
): Map<string, readonly PointRef[]> => {
  const groups = listGroups(chosen, relayOf);
  const shares = sharesOf(chosen, relayOf);
  const whole = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const miss = (worker: string, share: number): number => {
    const wanted = (weights.get(worker) ?? 0) / whole;
    return wanted > 0 ? (share - wanted) ** 2 / wanted : share;
  };
  const improve = (group: Group): boolean => {
    const { leader, share, refs } = group;
    const own = shares.get(leader.worker) ?? 0;
    let best = { gain: smallestGain, ref: leader };
    for (const ref of refs) {
      if (ref.worker === leader.worker) continue;
      const other = shares.get(ref.worker) ?? 0;
      const now = miss(leader.worker, own) + miss(ref.worker, other);
      const gain = now - miss(leader.worker, own - share) - miss(ref.worker, other + share);
      if (gain > best.gain) best = { gain, ref };
    }
    if (best.ref === leader) return false;
    shares.set(leader.worker, own - share);
    shares.set(best.ref.worker, (shares.get(best.ref.worker) ?? 0) + share);
    group.leader = best.ref;
    return true;
  };
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    const better = groups.filter(improve);
    if (better.length === 0) break;
  }
  return putLeadersFirst(chosen, groups);
};

const listGroups = (chosen: ReadonlyMap<string, readonly PointRef[]>, relayOf: ReadonlyMap<string, string>): Group[] =>
  [...chosen].flatMap(([fingerprint, all]) =>
    groupByRelay(all, relayOf).flatMap((refs) => {
      const [leader] = refs;
      if (leader === undefined || refs.length < 2) return [];
      return [{ fingerprint, refs, share: refs.length / all.length / chosen.size, leader }];
    }),
  );

const putLeadersFirst = (
  chosen: ReadonlyMap<string, readonly PointRef[]>,
  groups: readonly Group[],
): Map<string, readonly PointRef[]> => {
  const ordered = new Map([...chosen].map(([fingerprint, refs]) => [fingerprint, [...refs]]));
  for (const { fingerprint, refs, leader } of groups) {
    const [first] = refs;
    const order = ordered.get(fingerprint);
    if (first === undefined || first === leader || order === undefined) continue;
    const [here, there] = [order.indexOf(first), order.indexOf(leader)];
    order[here] = leader;
    order[there] = first;
  }
  return ordered;
};
