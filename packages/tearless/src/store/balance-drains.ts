// Which workers of balanced onion services a person wants drained. Whoever drains writes; the balancer reads.
import { inStore } from './rows.ts';
import type { Store } from './store.ts';

export interface StoredDrain {
  readonly frontend: string;
  readonly worker: string;
  readonly sinceMs: number;
}

/** One that is drained already stays as it is. */
export const writeBalanceDrain = (store: Store, { frontend, worker, sinceMs }: StoredDrain): Promise<void> =>
  inStore(store, async () => {
    await store.db
      .insertInto('balance_drains')
      .values({ frontend, worker, since_ms: sinceMs })
      .onConflict((conflict) => conflict.columns(['frontend', 'worker']).doNothing())
      .execute();
  });

/** @returns whether it was drained */
export const removeBalanceDrain = (store: Store, frontend: string, worker: string): Promise<boolean> =>
  inStore(store, async () => {
    const query = store.db.deleteFrom('balance_drains').where('frontend', '=', frontend).where('worker', '=', worker);
    const { numDeletedRows } = await query.executeTakeFirst();
    return numDeletedRows > 0n;
  });

/** Of all frontends, by frontend and worker. */
export const readBalanceDrains = (store: Store): Promise<readonly StoredDrain[]> =>
  inStore(store, async () => {
    const rows = await store.db
      .selectFrom('balance_drains')
      .selectAll()
      .orderBy('frontend')
      .orderBy('worker')
      .execute();
    return rows.map((row) => ({ frontend: row.frontend, worker: row.worker, sinceMs: Number(row.since_ms) }));
  });
