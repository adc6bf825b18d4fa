// Runs and their journals as rows. Entries are text here; what they say is read in change/.

import { isConflict } from './describe-error.ts';
import { inStore, type Rows } from './rows.ts';
import type { Tables } from './schema.ts';
import type { Store } from './store.ts';
import { StoreError } from './store-error.ts';

export interface StoredRun {
  readonly run: string;
  readonly fleet: string;
  readonly createdMs: number;
  /** JSON. */
  readonly plan: string;
  readonly outcome: string | undefined;
}

export interface StoredEntry {
  /** Unique within the run on every machine that ever wrote to it. */
  readonly id: string;
  readonly atMs: number;
  /** JSON. */
  readonly event: string;
}

const append = async (db: Rows, run: string, entries: readonly StoredEntry[]): Promise<void> => {
  const last = await db
    .selectFrom('entries')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('run', '=', run)
    .executeTakeFirst();
  let seq = Number(last?.seq ?? 0);
  for (const entry of entries) {
    seq += 1;
    await db
      .insertInto('entries')
      .values({ run, seq, id: entry.id, at_ms: entry.atMs, event: entry.event })
      .onConflict((conflict) => conflict.columns(['run', 'id']).doNothing())
      .execute();
  }
};

/** Adds a run and its first entries, both or neither. */
export const insertRun = (
  store: Store,
  row: Omit<StoredRun, 'outcome'>,
  entries: readonly StoredEntry[],
): Promise<void> =>
  inStore(store, async () => {
    try {
      await store.db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('runs')
          .values({ run: row.run, fleet: row.fleet, created_ms: row.createdMs, plan: row.plan, outcome: null })
          .execute();
        await append(transaction, row.run, entries);
      });
    } catch (error) {
      if (!isConflict(error)) throw error;
      throw new StoreError({
        kind: 'refused',
        code: 'store-run-exists',
        message: `a run ${row.run} is in the journal already`,
        hint: 'see it with `tearless run show`',
        subject: row.run,
        cause: error,
      });
    }
  });

/** Adds entries in order, on the disk when this resolves. Ids that are there already are left as they are. */
export const appendEntries = (
  store: Store,
  run: string,
  entries: readonly StoredEntry[],
  outcome?: string | null,
): Promise<void> =>
  inStore(store, () =>
    store.db.transaction().execute(async (transaction) => {
      await append(transaction, run, entries);
      if (outcome !== undefined)
        await transaction.updateTable('runs').set({ outcome }).where('run', '=', run).execute();
    }),
  );

/** Replaces the plan of an imported run: another host gave back another part of it. */
export const updateRunPlan = (store: Store, run: string, plan: string): Promise<void> =>
  inStore(store, async () => {
    await store.db.updateTable('runs').set({ plan }).where('run', '=', run).execute();
  });

const toRun = (row: Tables['runs']): StoredRun => ({
  run: row.run,
  fleet: row.fleet,
  createdMs: Number(row.created_ms),
  plan: row.plan,
  outcome: row.outcome ?? undefined,
});

export const findStoredRun = (store: Store, run: string): Promise<StoredRun | undefined> =>
  inStore(store, async () => {
    const row = await store.db.selectFrom('runs').selectAll().where('run', '=', run).executeTakeFirst();
    return row === undefined ? undefined : toRun(row);
  });

/** The run's entries in journal order, from the one after a number on. */
export const readEntries = (
  store: Store,
  run: string,
  afterSeq = 0,
): Promise<readonly (StoredEntry & { readonly seq: number })[]> =>
  inStore(store, async () => {
    const rows = await store.db
      .selectFrom('entries')
      .select(['seq', 'id', 'at_ms', 'event'])
      .where('run', '=', run)
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .execute();
    return rows.map((row) => ({ seq: Number(row.seq), id: row.id, atMs: Number(row.at_ms), event: row.event }));
  });

/** Newest first. */
export const listStoredRuns = (
  store: Store,
  filter: { readonly fleet?: string; readonly limit?: number } = {},
): Promise<readonly StoredRun[]> =>
  inStore(store, async () => {
    let query = store.db.selectFrom('runs').selectAll().orderBy('created_ms', 'desc').orderBy('run', 'desc');
    if (filter.fleet !== undefined) query = query.where('fleet', '=', filter.fleet);
    if (filter.limit !== undefined) query = query.limit(filter.limit);
    return (await query.execute()).map(toRun);
  });
