// The balancer's state as rows. Documents are JSON text here; what they say is read in balance/.
import { inStore, inTransaction } from './rows.ts';
import type { Store } from './store.ts';

export interface StoredDocument {
  readonly key: string;
  readonly atMs: number;
  /** JSON. */
  readonly json: string;
}

export const writeBalanceFrontend = (store: Store, { key, atMs, json }: StoredDocument): Promise<void> =>
  inStore(store, async () => {
    const values = { updated_ms: atMs, document: json };
    await store.db
      .insertInto('balance_frontends')
      .values({ address: key, ...values })
      .onConflict((conflict) => conflict.column('address').doUpdateSet(values))
      .execute();
  });

/** By address. */
export const readBalanceFrontends = (store: Store): Promise<readonly StoredDocument[]> =>
  inStore(store, async () => {
    const rows = await store.db.selectFrom('balance_frontends').selectAll().orderBy('address').execute();
    return rows.map((row) => ({ key: row.address, atMs: Number(row.updated_ms), json: row.document }));
  });

/** Undefined when nothing was written of it. */
export const readBalanceFrontend = (store: Store, address: string): Promise<StoredDocument | undefined> =>
  inStore(store, async () => {
    const query = store.db.selectFrom('balance_frontends').selectAll().where('address', '=', address);
    const row = await query.executeTakeFirst();
    return row && { key: row.address, atMs: Number(row.updated_ms), json: row.document };
  });

/** @param workers the key of each is the worker's name */
export const writeBalanceWorkers = (
  store: Store,
  frontend: string,
  workers: readonly StoredDocument[],
): Promise<void> =>
  inTransaction(store, async (rows) => {
    for (const { key: worker, atMs, json } of workers) {
      const values = { updated_ms: atMs, document: json };
      await rows
        .insertInto('balance_workers')
        .values({ frontend, worker, ...values })
        .onConflict((conflict) => conflict.columns(['frontend', 'worker']).doUpdateSet(values))
        .execute();
    }
  });

/** By name. */
export const readBalanceWorkers = (store: Store, frontend: string): Promise<readonly StoredDocument[]> =>
  inStore(store, async () => {
    const query = store.db.selectFrom('balance_workers').selectAll().where('frontend', '=', frontend);
    const rows = await query.orderBy('worker').execute();
    return rows.map((row) => ({ key: row.worker, atMs: Number(row.updated_ms), json: row.document }));
  });

/** Forgets workers that the frontend no longer has. */
export const keepBalanceWorkers = (store: Store, frontend: string, names: readonly string[]): Promise<void> =>
  inStore(store, async () => {
    let query = store.db.deleteFrom('balance_workers').where('frontend', '=', frontend);
    if (names.length > 0) query = query.where('worker', 'not in', names);
    await query.execute();
  });

export interface StoredRound {
  readonly period: number;
  readonly publishedMs: number;
  /** JSON. */
  readonly json: string;
}

/** Writes the round of a period, and forgets those of periods that are over. */
export const writeBalanceRound = (
  store: Store,
  frontend: string,
  { period, publishedMs, json }: StoredRound,
): Promise<void> =>
  inTransaction(store, async (rows) => {
    const values = { published_ms: publishedMs, document: json };
    await rows
      .insertInto('balance_rounds')
      .values({ frontend, period, ...values })
      .onConflict((conflict) => conflict.columns(['frontend', 'period']).doUpdateSet(values))
      .execute();
    await rows
      .deleteFrom('balance_rounds')
      .where('frontend', '=', frontend)
      .where('period', '<', period - 2)
      .execute();
  });

/** By period. */
export const readBalanceRounds = (store: Store, frontend: string): Promise<readonly StoredRound[]> =>
  inStore(store, async () => {
    const query = store.db.selectFrom('balance_rounds').selectAll().where('frontend', '=', frontend);
    const rows = await query.orderBy('period').execute();
    return rows.map((row) => ({
      period: Number(row.period),
      publishedMs: Number(row.published_ms),
      json: row.document,
    }));
  });

/** The highest counter used with a blinded key; null for none. */
export const readBalanceCounter = (store: Store, descriptor: string): Promise<bigint | null> =>
  inStore(store, async () => {
    const query = store.db.selectFrom('balance_counters').select('counter').where('descriptor', '=', descriptor);
    const row = await query.executeTakeFirst();
    return row === undefined ? null : BigInt(row.counter);
  });

/** Notes that a counter is used. A lower one than stands there changes nothing. */
export const noteBalanceCounter = (store: Store, descriptor: string, counter: bigint, atMs: number): Promise<void> =>
  inTransaction(store, async (rows) => {
    const query = rows.selectFrom('balance_counters').select('counter').where('descriptor', '=', descriptor);
    const standing = await query.executeTakeFirst();
    if (standing !== undefined && BigInt(standing.counter) >= counter) return;
    const values = { counter: String(counter), at_ms: atMs };
    await rows
      .insertInto('balance_counters')
      .values({ descriptor, ...values })
      .onConflict((conflict) => conflict.column('descriptor').doUpdateSet(values))
      .execute();
  });
