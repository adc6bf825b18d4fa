// Which allocator each relay shall have: the one declared for it, or its part of a share group. Pure.
import type { Desired } from '../config/desired.ts';
import { type AllocatorTarget, isTarget } from './allocator-target.ts';
import { assignShares } from './assign.ts';
import type { SeenRelay } from './fleet-observation.ts';

/**
 * @param seen every relay of the fleet that may get a share: a share is of the whole group, also when few of it change
 * @param loss what a restart costs a relay: those with less to lose move first
 * @returns targets by relay; none for relays that nothing is declared for
 */
export const chooseTargets = (
  desired: Desired,
  seen: readonly SeenRelay[],
  loss: (relay: SeenRelay) => number,
): Map<string, AllocatorTarget> => {
  const targetOf = (name: string): AllocatorTarget => ({ name, config: desired.allocators[name] });
  const targets = new Map<string, AllocatorTarget>();
  for (const { relay } of seen) if (relay.allocator !== undefined) targets.set(relay.id, targetOf(relay.allocator));
  const byId = new Map(seen.map((entry) => [entry.relay.id, entry]));
  for (const group of desired.shareGroups) {
    const current = new Map<string, string>();
    for (const id of group.relays) {
      const loaded = byId.get(id)?.instance.process?.allocator;
      const name = [...group.counts.keys()].find(
        (candidate) => loaded !== undefined && isTarget(loaded, targetOf(candidate)),
      );
      if (name !== undefined) current.set(id, name);
    }
    const lossOf = (id: string): number => {
      const entry = byId.get(id);
      return entry === undefined ? 0 : loss(entry);
    };
    const assigned = assignShares({ fleet: desired.fleet, group, current, loss: lossOf });
    for (const [id, name] of assigned) targets.set(id, targetOf(name));
  }
  return targets;
};
