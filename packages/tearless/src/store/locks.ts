// Named locks in the store. Whether a lock may be taken from its holder is decided by the caller's rule, in one transaction.
import { Bug } from '../base/error.ts';
import { Holder } from './holder.ts';
import { inStore, inTransaction } from './rows.ts';
import type { Store } from './store.ts';

export interface StoredLock {
  readonly name: string;
  readonly run: string;
  readonly holder: Holder;
  readonly sinceMs: number;
}

const toLock = (row: { name: string; run: string; holder: string; since_ms: number }): StoredLock => {
  const holder = Holder.safeParse(JSON.parse(row.holder));
  if (!holder.success) throw new Bug(`the lock ${row.name} names no holder`, holder.error);
  return { name: row.name, run: row.run, holder: holder.data, sinceMs: Number(row.since_ms) };
};

/**
 * Takes the lock unless `mayTake` refuses what stands there.
 * @param mayTake throws to refuse; called inside the transaction with the lock that stands there and what the store knows of its run
 */
export const takeStoredLock = async (
  store: Store,
  lock: StoredLock,
  mayTake: (standing: StoredLock, run: { readonly outcome: string | null } | undefined) => void,
): Promise<void> => {
  await inTransaction(store, async (transaction) => {
    const row = await transaction.selectFrom('locks').selectAll().where('name', '=', lock.name).executeTakeFirst();
    if (row !== undefined) {
      const run = await transaction.selectFrom('runs').select('outcome').where('run', '=', row.run).executeTakeFirst();
      mayTake(toLock(row), run);
    }
    const values = { run: lock.run, holder: JSON.stringify(lock.holder), since_ms: lock.sinceMs };
    await transaction
      .insertInto('locks')
      .values({ name: lock.name, ...values })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
      .execute();
  });
};

export const readStoredLock = async (store: Store, name: string): Promise<StoredLock | undefined> => {
  const query = store.db.selectFrom('locks').selectAll().where('name', '=', name);
  const row = await inStore(store, () => query.executeTakeFirst());
  return row === undefined ? undefined : toLock(row);
};

/** Gives the lock up if that run holds it; another's lock is left alone. */
export const releaseStoredLock = async (store: Store, name: string, run: string): Promise<void> => {
  await inStore(store, () => store.db.deleteFrom('locks').where('name', '=', name).where('run', '=', run).execute());
};
