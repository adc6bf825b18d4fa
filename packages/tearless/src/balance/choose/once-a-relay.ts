// No relay twice in one descriptor, as in those that tor makes itself. tor's client (0.4.9) holds against the first of several
// points at one relay what it meets at any of them. The others stay good for ever, and a client whose descriptor has such
// points fetches no other when all workers have taken new ones: it asks that relay again and again until the period ends.
import type { PointRef } from '../model/layout.ts';
import type { Before } from './deal.ts';
import { groupByRelay } from './shares.ts';

type Read = ReadonlyMap<string, readonly PointRef[]>;

/** Leaves of several points at one relay the first. */
export const dropHidden = (read: Read, relayOf: ReadonlyMap<string, string>): Map<string, readonly PointRef[]> =>
  new Map(
    [...read].map(([fingerprint, refs]) => [
      fingerprint,
      groupByRelay(refs, relayOf).flatMap(([first]) => first ?? []),
    ]),
  );

/**
 * All the points again where a descriptor was left with the first at each relay, those in front: dropped again, it is as before.
 *
 * @param all points that there are now
 */
export const bringBack = (
  before: Before,
  all: readonly PointRef[],
  relayOf: ReadonlyMap<string, string>,
): Map<string, readonly PointRef[]> => {
  const byKey = new Map(all.map((ref) => [ref.key, ref]));
  const relays = groupByRelay(all, relayOf).length;
  return new Map(
    [...before].map(([fingerprint, earlier]) => {
      const same = earlier.flatMap(({ key }) => byKey.get(key) ?? []);
      const isWhole = same.length === earlier.length && groupByRelay(same, relayOf).length === relays;
      return [fingerprint, isWhole ? [...same, ...all.filter((ref) => !same.includes(ref))] : earlier];
    }),
  );
};
