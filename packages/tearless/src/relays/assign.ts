// Which relay gets which allocator where the configuration gives shares: as few moves as possible, and the relays that
// must move are taken in an order that has nothing to do with their names, so that no share is an alphabetical block.
import { sha256Hex } from '../base/json.ts';
import type { ShareGroup } from '../config/desired.ts';

export interface AssignInput {
  readonly fleet: string;
  readonly group: ShareGroup;
  /** The allocator that each relay has now, where it is one of the group's. */
  readonly current: ReadonlyMap<string, string>;
  /** What a restart of the relay loses; relays with less to lose move first. All equal by default. */
  readonly loss?: (relay: string) => number;
}

/** @returns an allocator for each relay of the group, in the counts of the group */
export const assignShares = ({ fleet, group, current, loss = () => 0 }: AssignInput): Map<string, string> => {
  const order = (relay: string) => sha256Hex(`${fleet}\n${relay}`);
  // Those that lose most keep their place first.
  const relays = [...group.relays].sort((a, b) => loss(b) - loss(a) || (order(a) < order(b) ? -1 : 1));
  const free = new Map(group.counts);
  const assigned = new Map<string, string>();
  const take = (relay: string, allocator: string) => {
    assigned.set(relay, allocator);
    free.set(allocator, (free.get(allocator) ?? 0) - 1);
  };
  for (const relay of relays) {
    const kept = current.get(relay);
    if (kept !== undefined && (free.get(kept) ?? 0) > 0) take(relay, kept);
  }
  for (const relay of relays) {
    if (assigned.has(relay)) continue;
    const allocator = [...free].find(([, count]) => count > 0)?.[0];
    if (allocator !== undefined) take(relay, allocator);
  }
  return assigned;
};
