// The leases of a balancer's frontends in the store, and the leadership that follows from them.
import { randomUUID } from 'node:crypto';
import { readHolderState, readOwnHolder, renderHolder } from '../../store/holder.ts';
import { type LeaseHolder, readLeases, releaseLeases, renewLeases, takeLeases } from '../../store/lease.ts';
import type { Store } from '../../store/store.ts';
import type { Leadership } from '../model/leadership.ts';
import { createLeadership, type LeaseRoom, leadershipTimes } from './leadership.ts';

const leaseName = (address: string): string => `balance/${address}`;

/** @param addresses of the frontends, with `.onion`; at least one */
export const leaseRoom = (store: Store, addresses: readonly string[]): LeaseRoom => {
  const names = addresses.map(leaseName);
  return {
    look: async () => {
      const holders = new Map<string, LeaseHolder>();
      for (const { holder } of await readLeases(store, names)) if (holder !== null) holders.set(holder.id, holder);
      return [...holders.values()];
    },
    take: (own, over) => takeLeases(store, names, own, over),
    renew: (id) => renewLeases(store, id),
    release: (id) => releaseLeases(store, id),
  };
};

/**
 * Leadership of those frontends among all balancers on this store: it leads all of them or none.
 * @param addresses of the frontends, with `.onion`; at least one
 */
export const createStoreLeadership = (
  store: Store,
  addresses: readonly string[],
  options: { readonly nowMs: () => number },
): Leadership =>
  createLeadership({
    room: leaseRoom(store, addresses),
    owner: { id: randomUUID(), process: readOwnHolder() },
    isGone: ({ process }) => readHolderState(process) === 'gone',
    nowMs: options.nowMs,
  });

export interface Leader {
  /** For people: `alice@host (process 4711)`. */
  readonly who: string;
  /** Counts up with each change of the leader. */
  readonly term: number;
  /** Since its last sign of life. */
  readonly ageMs: number;
  /** Its last sign of life is recent, and its process is not known to have ended. */
  readonly isAlive: boolean;
}

/** Who leads each frontend, by address; those that nobody leads are left out. */
export const readLeaders = async (store: Store): Promise<ReadonlyMap<string, Leader>> => {
  const leaders = new Map<string, Leader>();
  for (const { name, term, holder } of await readLeases(store)) {
    if (holder === null || !name.startsWith(leaseName(''))) continue;
    const isAlive = holder.ageMs <= leadershipTimes.leaseMs && readHolderState(holder.process) !== 'gone';
    const who = renderHolder(holder.process);
    leaders.set(name.slice(leaseName('').length), { who, term, ageMs: holder.ageMs, isAlive });
  }
  return leaders;
};
