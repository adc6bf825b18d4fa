// Which relays a circuit through an exit goes by: one of the fleet, at any place it can serve at, and others around it.
// Pure: chance comes from the caller.

export type KnownRelay = { fingerprint: string; isExit: boolean };

/** An index from 0 to below `count`, which is at least 1. */
export type Draw = (count: number) => number;

const pick = <T>(from: readonly T[], draw: Draw): T | undefined =>
  from.length === 0 ? undefined : from[draw(from.length)];

/**
 * Chooses guard, middle and exit so that exactly one of them is of the fleet, as it would be with a fleet that is one
 * family. Relays in `avoid` (that just did not answer) are left out as long as others are left.
 * @param relays all that the consensus lists as running
 * @returns undefined when no such path exists
 */
export const choosePath = (
  relays: readonly KnownRelay[],
  fleet: ReadonlySet<string>,
  avoid: ReadonlySet<string>,
  draw: Draw,
): [string, string, string] | undefined => {
  const prefer = (candidates: readonly KnownRelay[]) => {
    const liked = candidates.filter(({ fingerprint }) => !avoid.has(fingerprint));
    return liked.length > 0 ? liked : candidates;
  };
  const inFleet = prefer(relays.filter(({ fingerprint }) => fleet.has(fingerprint)));
  const outside = relays.filter(({ fingerprint }) => !fleet.has(fingerprint));
  const ours = pick(inFleet, draw);
  if (ours === undefined || outside.length < 2) return undefined;
  const outsideExits = prefer(outside.filter(({ isExit }) => isExit));
  const places: ('guard' | 'middle' | 'exit')[] = [];
  if (outsideExits.length > 0) places.push('guard', 'middle');
  if (ours.isExit) places.push('exit');
  const place = pick(places, draw);
  if (place === undefined) return undefined;

  const exit = place === 'exit' ? ours : pick(outsideExits, draw);
  const others = (...taken: (KnownRelay | undefined)[]) => prefer(outside.filter((relay) => !taken.includes(relay)));
  const guard = place === 'guard' ? ours : pick(others(exit), draw);
  const middle = place === 'middle' ? ours : pick(others(exit, guard), draw);
  if (guard === undefined || middle === undefined || exit === undefined) return undefined;
  return [guard.fingerprint, middle.fingerprint, exit.fingerprint];
};
