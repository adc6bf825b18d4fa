// No two directories that clients read get the same points, where that can be had: with places for each point twice, both replicas
// may come out as the same parts of the whole. Points change places so that nobody's share changes.
import type { PointRef } from '../model/layout.ts';
import type { DealDirectory } from './deal.ts';

export interface TellApartOptions {
  readonly directories: readonly DealDirectory[];
  readonly points: readonly PointRef[];
  /** By key of the point; one that is not there is at a relay of its own. */
  readonly relayOf: ReadonlyMap<string, string>;
}

interface Descriptor {
  readonly fingerprint: string;
  readonly replica: number;
  readonly refs: PointRef[];
}

type Arranged = ReadonlyMap<string, readonly PointRef[]>;

const nameOf = (refs: readonly PointRef[]): string =>
  refs
    .map(({ key }) => key)
    .sort()
    .join();

/** Those that have the points of one before them. */
const findAlike = (descriptors: readonly Descriptor[]): Descriptor[] => {
  const names = new Set<string>();
  return descriptors.filter(({ refs }) => {
    const name = nameOf(refs);
    if (names.has(name)) return true;
    names.add(name);
    return false;
  });
};

/** @returns with as few alike as exchanges can bring about; the very map where none are */
export const tellApart = (arranged: Arranged, { directories, points, relayOf }: TellApartOptions): Arranged => {
  const replicaOf = new Map(directories.map(({ fingerprint, replicas }) => [fingerprint, Math.min(...replicas)]));
  const descriptors = [...arranged].map(
    ([fingerprint, refs]): Descriptor => ({ fingerprint, replica: replicaOf.get(fingerprint) ?? 0, refs: [...refs] }),
  );
  const alike = findAlike(descriptors);
  if (alike.length === 0) return arranged;
  const relay = ({ key }: PointRef): string => relayOf.get(key) ?? key;
  const mayStand = ({ refs }: Descriptor, point: PointRef, at: number): boolean =>
    refs.every((ref, index) => index === at || (ref.key !== point.key && relay(ref) !== relay(point)));
  /** Puts points into places, and takes them out again unless that leaves fewer alike. */
  const attempt = (places: readonly { descriptor: Descriptor; at: number; point: PointRef }[]): boolean => {
    const former = findAlike(descriptors).length;
    const before = places.map(({ descriptor, at }) => descriptor.refs[at]);
    for (const { descriptor, at, point } of places) descriptor.refs[at] = point;
    if (findAlike(descriptors).length < former) return true;
    for (const [index, { descriptor, at }] of places.entries()) {
      const point = before[index];
      if (point !== undefined) descriptor.refs[at] = point;
    }
    return false;
  };
  const exchange = (
    descriptor: Descriptor,
    isFair: (other: Descriptor, leaving: PointRef, coming: PointRef) => boolean,
  ): boolean =>
    descriptors.some((other) =>
      descriptor.refs.some((leaving, at) =>
        other.refs.some(
          (coming, otherAt) =>
            isFair(other, leaving, coming) &&
            mayStand(descriptor, coming, at) &&
            mayStand(other, leaving, otherAt) &&
            attempt([
              { descriptor, at, point: coming },
              { descriptor: other, at: otherAt, point: leaving },
            ]),
        ),
      ),
    );
  /** Places of a worker in the descriptors of a replica: it stays in each that it is in. */
  const countIn = (replica: number, worker: string): number =>
    descriptors.reduce(
      (count, one) => count + (one.replica === replica ? one.refs.filter((ref) => ref.worker === worker).length : 0),
      0,
    );
  // Where points meet at relays, places are not dealt evenly to directories anyway: only shares and replicas count.
  const isCrowded = new Set(points.map(relay)).size < points.length;
  for (const descriptor of alike) {
    const isSide = (other: Descriptor): boolean =>
      isCrowded && other.replica === descriptor.replica && other.refs.length === descriptor.refs.length;
    const isAcross = (other: Descriptor, leaving: PointRef, coming: PointRef): boolean =>
      isCrowded &&
      other.refs.length === descriptor.refs.length &&
      countIn(descriptor.replica, leaving.worker) > 1 &&
      countIn(other.replica, coming.worker) > 1;
    exchange(descriptor, (_, leaving, coming) => leaving.worker === coming.worker) ||
      exchange(descriptor, isSide) ||
      exchange(descriptor, isAcross);
  }
  return new Map(descriptors.map(({ fingerprint, refs }) => [fingerprint, refs]));
};
