// Keeps points at one relay out of one descriptor: of several there, tor's client uses only the first, whichever it meant to
// take, so the others would get no clients. Exchanges between directories until none helps; what planPlaces and dealPlaces
// have seen to stays: places of each worker and point, evenness over directories and replicas.
import type { PointRef } from '../model/layout.ts';
import type { DealDirectory } from './deal.ts';

/** Part of all places that may be lost to points at one relay. */
const mostHidden = 0.05;

/**
 * How long descriptors can be so that nearly all points at one relay can be kept apart, if all points have as many places:
 * long enough for every point to have one, when there are as many relays as that. Small networks alone are short of relays.
 *
 * @param relays the relay of each point
 */
export const countApart = (relays: readonly string[], descriptors: number): number => {
  const crowds = new Map<string, number>();
  for (const relay of relays) crowds.set(relay, (crowds.get(relay) ?? 0) + 1);
  const hidden = (size: number): number => {
    const places = (descriptors * size) / relays.length;
    return [...crowds.values()].reduce((sum, points) => sum + Math.max(0, points * places - descriptors), 0);
  };
  let size = Math.min(crowds.size, Math.ceil(relays.length / descriptors));
  while (size < crowds.size && hidden(size + 1) <= mostHidden * descriptors * (size + 1)) size++;
  return size;
};

type Dealt = Map<string, PointRef[]>;

/**
 * Changes `dealt` in place.
 *
 * @param relayOf by key of the point
 */
export const separateRelays = (
  dealt: Dealt,
  directories: readonly DealDirectory[],
  relayOf: ReadonlyMap<string, string>,
): void => {
  const relay = ({ key }: PointRef) => relayOf.get(key) ?? key;
  const meets = (refs: readonly PointRef[], point: PointRef, leaving: PointRef) =>
    refs.filter((ref) => ref !== leaving && ref !== point && relay(ref) === relay(point)).length;
  const exchangeOne = (here: DealDirectory, point: PointRef): boolean => {
    const refs = dealt.get(here.fingerprint) ?? [];
    for (const there of directories) {
      if (there === here) continue;
      const others = dealt.get(there.fingerprint) ?? [];
      for (const other of others) {
        if (!mayExchange(point, refs, here, other, others, there)) continue;
        const now = meets(refs, point, point) + meets(others, other, other);
        if (meets(refs, other, point) + meets(others, point, other) >= now) continue;
        refs[refs.indexOf(point)] = other;
        others[others.indexOf(other)] = point;
        return true;
      }
    }
    return false;
  };
  // Each exchange leaves fewer meetings than before, so this ends.
  for (let isBetter = true; isBetter; ) {
    isBetter = false;
    for (const here of directories) {
      for (const point of [...(dealt.get(here.fingerprint) ?? [])]) {
        const refs = dealt.get(here.fingerprint) ?? [];
        if (refs.includes(point) && meets(refs, point, point) > 0 && exchangeOne(here, point)) isBetter = true;
      }
    }
  }
};

const mayExchange = (
  point: PointRef,
  refs: readonly PointRef[],
  here: DealDirectory,
  other: PointRef,
  others: readonly PointRef[],
  there: DealDirectory,
): boolean => {
  if (refs.some(({ key }) => key === other.key) || others.some(({ key }) => key === point.key)) return false;
  if (point.worker === other.worker) return true;
  const count = (list: readonly PointRef[], worker: string) => list.filter((ref) => ref.worker === worker).length;
  return (
    Math.min(...here.replicas) === Math.min(...there.replicas) &&
    count(refs, point.worker) > count(others, point.worker) &&
    count(others, other.worker) > count(refs, other.worker)
  );
};
