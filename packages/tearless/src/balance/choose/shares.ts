// What clients make of a layout: each asks one directory that it reads, any, and takes one point of what it gets, any. Where
// several points of one descriptor are at one relay, tor's client takes the keys of the first of them, whichever it meant
// (0.4.9 matches the circuit by the relay alone), so the first has the clients of all.
import { type Layout, listRead, type PointRef } from '../model/layout.ts';

/**
 * Points of one descriptor that are at one relay, each group in the descriptor's order.
 *
 * @param relayOf by key of the point; one that is not there is at a relay of its own
 */
export const groupByRelay = (refs: readonly PointRef[], relayOf: ReadonlyMap<string, string>): PointRef[][] => {
  const groups = new Map<string, PointRef[]>();
  for (const ref of refs) {
    const relay = relayOf.get(ref.key) ?? ref.key;
    const group = groups.get(relay);
    if (group === undefined) groups.set(relay, [ref]);
    else group.push(ref);
  }
  return [...groups.values()];
};

/**
 * Part of the first introductions of new clients that each worker gets, by id; the sum is 1.
 *
 * @param read the descriptors that clients read, each in its order
 */
export const sharesOf = (
  read: ReadonlyMap<string, readonly PointRef[]>,
  relayOf: ReadonlyMap<string, string>,
): Map<string, number> => {
  const shares = new Map<string, number>();
  for (const refs of read.values()) {
    const points = new Map<string, number>();
    for (const [first, ...others] of groupByRelay(refs, relayOf))
      if (first !== undefined) points.set(first.worker, (points.get(first.worker) ?? 0) + 1 + others.length);
    for (const [worker, count] of points) shares.set(worker, (shares.get(worker) ?? 0) + count / refs.length);
  }
  return new Map([...shares].map(([worker, sum]) => [worker, sum / read.size]));
};

export const expectedShares = (layout: Layout, relayOf: ReadonlyMap<string, string> = new Map()): Map<string, number> =>
  sharesOf(listRead(layout), relayOf);

export interface ShareMeasure {
  /** By key of the point; one that is not there is at a relay of its own. */
  readonly relayOf: ReadonlyMap<string, string>;
  /** By worker: those that are in, with any point. */
  readonly weights: ReadonlyMap<string, number>;
}

/** Total variation: the part of all new clients that go to another worker than the weights say. */
export const distanceOf = (
  chosen: ReadonlyMap<string, readonly PointRef[]>,
  { relayOf, weights }: ShareMeasure,
): number => {
  const shares = sharesOf(chosen, relayOf);
  const whole = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return (
    [...weights].reduce((sum, [worker, weight]) => sum + Math.abs((shares.get(worker) ?? 0) - weight / whole), 0) / 2
  );
};

/** Points that meet another one that stands before them. */
export const countHidden = (refs: readonly PointRef[], relayOf: ReadonlyMap<string, string>): number =>
  refs.length - new Set(refs.map(({ key }) => relayOf.get(key) ?? key)).size;
