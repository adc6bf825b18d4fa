// Where points meet at relays, each descriptor can have one of them alone. Which one, and which points stand where, is changed
// here as long as that brings the workers' shares nearer to their weights: exchanges between descriptors, other points in a
// place, another one of those that meet. Workers stay under the replicas where they were.
import type { PointRef } from '../model/layout.ts';
import { type Descriptor, FitLedger, type FitOptions, type Point } from './fit-ledger.ts';

/** Enough to settle; a sweep that changes nothing ends it sooner. */
const mostSweeps = 40;

/** Whether its worker stays under the replica. */
const mayLeave = ({ side }: Descriptor, { worker }: Point): boolean => (side.places[worker] ?? 0) > 1;

/** To clients it makes no difference which of them stands in a place. */
const isAlike = (one: Point, other: Point): boolean => one.worker === other.worker && one.relay === other.relay;

/** @returns whether anything is better than before */
const trySweep = (ledger: FitLedger): boolean => {
  let isBetter = false;
  for (const here of ledger.descriptors) {
    for (let at = 0; at < here.points.length; at++) {
      const found = reorder(ledger, here, at) || replace(ledger, here, at) || exchange(ledger, here, at);
      isBetter ||= found;
    }
  }
  return isBetter;
};

/** Lets a point stand before the first one at its relay. */
const reorder = (ledger: FitLedger, descriptor: Descriptor, at: number): boolean => {
  const { points } = descriptor;
  const point = points[at];
  const first = points.findIndex(({ relay }) => relay === point?.relay);
  const leader = points[first];
  if (point === undefined || leader === undefined || leader.worker === point.worker) return false;
  return ledger.take([
    { descriptor, at: first, point },
    { descriptor, at, point: leader },
  ]);
};

/** Lets a point that stands elsewhere too give its place to another. */
const replace = (ledger: FitLedger, descriptor: Descriptor, at: number): boolean => {
  const leaving = descriptor.points[at];
  if (leaving === undefined || leaving.places < 2 || !mayLeave(descriptor, leaving)) return false;
  return ledger.points.some(
    (point) =>
      !isAlike(point, leaving) && !descriptor.points.includes(point) && ledger.take([{ descriptor, at, point }]),
  );
};

/** Lets two points of different descriptors change places. */
const exchange = (ledger: FitLedger, here: Descriptor, at: number): boolean => {
  const point = here.points[at];
  if (point === undefined) return false;
  for (const there of ledger.descriptors) {
    if (there === here || there.points.includes(point)) continue;
    const isNear = there.side === here.side;
    if (!isNear && !mayLeave(here, point)) continue;
    for (const [index, other] of there.points.entries()) {
      if (isAlike(point, other) || here.points.includes(other) || !(isNear || mayLeave(there, other))) continue;
      const changes = [
        { descriptor: here, at, point: other },
        { descriptor: there, at: index, point },
      ];
      if (ledger.take(changes)) return true;
    }
  }
  return false;
};

/**
 * @param chosen the descriptors that clients read; points in them may meet
 * @returns descriptors without any that meet: some are shorter
 */
export const fitShares = (
  chosen: ReadonlyMap<string, readonly PointRef[]>,
  options: FitOptions,
): Map<string, readonly PointRef[]> => {
  const ledger = new FitLedger(chosen, options);
  for (let sweep = 0; sweep < mostSweeps && trySweep(ledger); sweep++);
  return ledger.result();
};
