// What clients make of descriptors while they are changed: who is led where, how far that is from the weights, and what a change
// would come to. Which changes are tried, fit.ts says.
import type { PointRef } from '../model/layout.ts';
import type { DealDirectory } from './deal.ts';
import type { ShareMeasure } from './shares.ts';

export interface FitOptions extends ShareMeasure {
  /** Of the descriptors; the first replica of each counts. */
  readonly directories: readonly DealDirectory[];
  /** All points that may stand in them. */
  readonly points: readonly PointRef[];
}

/** Of two layouts that are as near to the weights, the one in which fewer points meet is taken; */
const hiddenCost = 0.01;
/** and the one with fewer workers that clients find under one replica alone. */
const oneSidedCost = 0.01;
/** A point that stands nowhere costs nearly as much as a place that is another's by weight: part of the points. */
const absentCost = 0.05;
const smallestGain = 1e-7;

export interface Point {
  readonly ref: PointRef;
  /** Numbers, from 0. */
  readonly worker: number;
  readonly relay: number;
  /** Places that it has. */
  places: number;
  /** Those of them where it meets none before it. */
  shown: number;
}

/** What belongs to one replica. */
interface Side {
  /** By worker: places under it. */
  readonly places: Int32Array;
  /** By worker: the part of all clients that it has from there. */
  readonly shares: Float64Array;
  /** The same after the change that is looked at. */
  readonly after: Float64Array;
}

export interface Descriptor {
  readonly fingerprint: string;
  readonly side: Side;
  readonly points: Point[];
  /** By worker: the part of all clients that this descriptor leads to it. */
  readonly led: Float64Array;
  /** Points that meet none before them. */
  shown: readonly Point[];
}

/** Another point in a place. */
export interface Change {
  readonly descriptor: Descriptor;
  readonly at: number;
  readonly point: Point;
}

export class FitLedger {
  readonly points: readonly Point[];
  readonly #sides: readonly Side[];
  readonly descriptors: readonly Descriptor[];
  /** By worker: its part of all weights. */
  readonly #wanted: Float64Array;
  /** By relay: 1 where the descriptor that is looked at has a point there. */
  readonly #isTaken: Uint8Array;
  readonly #places: number;
  #absent = 0;
  #hidden = 0;
  #cost: number;

  constructor(chosen: ReadonlyMap<string, readonly PointRef[]>, options: FitOptions) {
    const { directories, points, relayOf, weights } = options;
    const whole = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    this.#wanted = Float64Array.from(weights.values(), (weight) => weight / whole);
    const workers = numberAll(weights.keys());
    const relayName = (ref: PointRef): string => relayOf.get(ref.key) ?? ref.key;
    const relays = numberAll(points.map(relayName));
    this.#isTaken = new Uint8Array(relays.size);
    this.points = points.map((ref) => ({
      ref,
      worker: workers.get(ref.worker) ?? 0,
      relay: relays.get(relayName(ref)) ?? 0,
      places: 0,
      shown: 0,
    }));
    const byKey = new Map(this.points.map((point) => [point.ref.key, point]));
    const sides = new Map<number, Side>();
    this.descriptors = [...chosen].map(([fingerprint, refs]) => {
      const replicas = directories.find((directory) => directory.fingerprint === fingerprint)?.replicas ?? [];
      const replica = Math.min(...replicas);
      const side = sides.get(replica) ?? makeSide(weights.size);
      sides.set(replica, side);
      const own = refs.flatMap(({ key }) => byKey.get(key) ?? []);
      return { fingerprint, side, points: own, led: new Float64Array(weights.size), shown: [] };
    });
    this.#sides = [...sides.values()];
    this.#places = this.descriptors.reduce((sum, descriptor) => sum + descriptor.points.length, 0);
    for (const descriptor of this.descriptors) {
      for (const point of descriptor.points) count(descriptor, point, 1);
      this.#settle(descriptor);
      show(descriptor.shown, 1);
      add(descriptor.side.after, descriptor.led, 1);
    }
    this.#cost = this.#accept();
  }

  result(): Map<string, readonly PointRef[]> {
    return new Map(this.descriptors.map(({ fingerprint, shown }) => [fingerprint, shown.map(({ ref }) => ref)]));
  }

  /** Makes the changes if they make things better. */
  take(changes: readonly Change[]): boolean {
    const before = changes.map(put);
    const [first, last] = [changes[0]?.descriptor, changes.at(-1)?.descriptor];
    const touched = [first, first === last ? undefined : last].filter((one) => one !== undefined);
    for (const { shares, after } of this.#sides) after.set(shares);
    let [hidden, absent] = [this.#hidden, this.#absent];
    const shown = touched.map((descriptor) => {
      add(descriptor.side.after, descriptor.led, -1);
      const now = this.#lead(descriptor, descriptor.side.after);
      hidden += descriptor.shown.length - now.length;
      absent += show(descriptor.shown, -1) + show(now, 1);
      return now;
    });
    if (this.#costAfter(hidden, absent) > this.#cost - smallestGain) {
      for (const points of shown) show(points, -1);
      for (const { shown: before } of touched) show(before, 1);
      for (const change of before.reverse()) put(change);
      return false;
    }
    for (const { descriptor, point } of before) count(descriptor, point, -1);
    for (const { descriptor, point } of changes) count(descriptor, point, 1);
    for (const descriptor of touched) this.#settle(descriptor);
    this.#cost = this.#accept();
    return true;
  }

  /** How far the shares after the change are from the weights, and what else is not liked of it. */
  #costAfter(hidden: number, absent: number): number {
    let cost = (hiddenCost * hidden) / this.#places + (absentCost * absent) / this.points.length;
    for (let worker = 0; worker < this.#wanted.length; worker++) {
      const wanted = this.#wanted[worker] ?? 0;
      let share = 0;
      for (const { after } of this.#sides) {
        const part = after[worker] ?? 0;
        if (part < smallestGain) cost += oneSidedCost / this.#wanted.length;
        share += part;
      }
      cost += (share - wanted) ** 2 / wanted;
    }
    return cost;
  }

  /** What was looked at is so. @returns its cost */
  #accept(): number {
    for (const { shares, after } of this.#sides) shares.set(after);
    const shown = this.descriptors.reduce((sum, descriptor) => sum + descriptor.shown.length, 0);
    this.#hidden = this.#places - shown;
    this.#absent = this.points.filter((point) => point.shown === 0).length;
    return this.#costAfter(this.#hidden, this.#absent);
  }

  #settle(descriptor: Descriptor): void {
    descriptor.led.fill(0);
    descriptor.shown = this.#lead(descriptor, descriptor.led);
  }

  /** Adds the clients of a descriptor to the shares of those they are led to. @returns the points that meet none before them */
  #lead({ points }: Descriptor, shares: Float64Array): Point[] {
    const shown: Point[] = [];
    for (const point of points) {
      if (this.#isTaken[point.relay] === 1) continue;
      this.#isTaken[point.relay] = 1;
      shown.push(point);
    }
    const part = 1 / shown.length / this.descriptors.length;
    for (const { relay, worker } of shown) {
      this.#isTaken[relay] = 0;
      shares[worker] = (shares[worker] ?? 0) + part;
    }
    return shown;
  }
}

const makeSide = (workers: number): Side => ({
  places: new Int32Array(workers),
  shares: new Float64Array(workers),
  after: new Float64Array(workers),
});

const numberAll = (names: Iterable<string>): Map<string, number> => {
  const numbers = new Map<string, number>();
  for (const name of names) numbers.set(name, numbers.get(name) ?? numbers.size);
  return numbers;
};

const add = (to: Float64Array, what: Float64Array, times: number): void => {
  for (let index = 0; index < to.length; index++) to[index] = (to[index] ?? 0) + times * (what[index] ?? 0);
};

const count = ({ side }: Descriptor, point: Point, change: number): void => {
  point.places += change;
  side.places[point.worker] = (side.places[point.worker] ?? 0) + change;
};

/** @returns how many points more stand nowhere */
const show = (points: readonly Point[], change: 1 | -1): number => {
  let absent = 0;
  for (const point of points) {
    if (change === 1 && point.shown === 0) absent -= 1;
    point.shown += change;
    if (change === -1 && point.shown === 0) absent += 1;
  }
  return absent;
};

/** @returns what undoes it */
const put = ({ descriptor, at, point }: Change): Change => {
  const before = descriptor.points[at] ?? point;
  descriptor.points[at] = point;
  return { descriptor, at, point: before };
};
