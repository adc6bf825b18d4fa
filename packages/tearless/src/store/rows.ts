// What every room of rows stands on: statements and transactions with the database's errors in our words.
import type { Kysely, Transaction } from 'kysely';
import { describeStoreError } from './describe-error.ts';
import type { Tables } from './schema.ts';
import type { Store } from './store.ts';

export type Rows = Kysely<Tables> | Transaction<Tables>;

/** Runs it with the database's errors in our words. */
export const inStore = async <T>(store: Store, act: () => Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    throw describeStoreError(error, store.path);
  }
};

/** Runs it whole or not at all. One transaction at a time: none sees another's half, on SQLite and on PostgreSQL. */
export const inTransaction = <T>(store: Store, act: (rows: Rows) => Promise<T>): Promise<T> =>
  inStore(store, () => store.db.transaction().execute(act));
