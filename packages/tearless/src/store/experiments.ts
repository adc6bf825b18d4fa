// Experiments, their notes and gaps as rows. Infos, relays and notes are JSON text here; what they say is read in experiments/.
import { inStore, inTransaction, type Rows } from './rows.ts';
import type { Store } from './store.ts';

export interface StoredExperiment {
  readonly id: string;
  readonly createdMs: number;
  /** JSON. */
  readonly info: string;
}

export interface StoredNote {
  readonly seq: number;
  readonly kind: string;
  readonly atMs: number;
  /** JSON. */
  readonly json: string;
}

export interface StoredGap {
  readonly atMs: number;
  readonly host: string;
  readonly reason: string;
}

export const findStoredExperiment = (store: Store, id: string): Promise<StoredExperiment | undefined> =>
  inStore(store, async () => {
    const row = await store.db
      .selectFrom('experiments')
      .selectAll()
      .where('id', '=', id)
      .where('state', '=', 'live')
      .executeTakeFirst();
    return row === undefined ? undefined : { id: row.id, createdMs: Number(row.created_ms), info: row.info };
  });

/** By name. */
export const listStoredExperiments = (store: Store): Promise<readonly StoredExperiment[]> =>
  inStore(store, async () => {
    const rows = await store.db
      .selectFrom('experiments')
      .selectAll()
      .where('state', '=', 'live')
      .orderBy('id')
      .execute();
    return rows.map((row) => ({ id: row.id, createdMs: Number(row.created_ms), info: row.info }));
  });

/** Adds the experiment, or leaves it as it is. A staged one is not there for readers until it is published. */
export const insertExperiment = async (
  rows: Rows,
  experiment: StoredExperiment,
  state: 'staged' | 'live',
): Promise<void> => {
  await rows
    .insertInto('experiments')
    .values({ id: experiment.id, created_ms: experiment.createdMs, state, info: experiment.info })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
};

/** From now on it is there, with that info. */
export const publishExperiment = async (rows: Rows, id: string, info: string): Promise<void> => {
  await rows.updateTable('experiments').set({ state: 'live', info }).where('id', '=', id).execute();
};

/** @returns false when there was none */
export const deleteExperiment = (store: Store, id: string): Promise<boolean> =>
  inStore(store, async () => {
    const { numDeletedRows } = await store.db.deleteFrom('experiments').where('id', '=', id).executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  });

/** @param relays JSON of each, in order */
export const replaceExperimentRelays = async (rows: Rows, id: string, relays: readonly string[]): Promise<void> => {
  await rows.deleteFrom('experiment_relays').where('experiment', '=', id).execute();
  for (const [seq, relay] of relays.entries())
    await rows.insertInto('experiment_relays').values({ experiment: id, seq, relay }).execute();
};

/** JSON of each, in order. */
export const readExperimentRelays = (store: Store, id: string): Promise<readonly string[]> =>
  inStore(store, async () => {
    const rows = await store.db
      .selectFrom('experiment_relays')
      .select('relay')
      .where('experiment', '=', id)
      .orderBy('seq')
      .execute();
    return rows.map(({ relay }) => relay);
  });

/** @returns its number: 1, 2, 3, … within the experiment */
export const appendNote = (store: Store, id: string, note: Omit<StoredNote, 'seq'>): Promise<number> =>
  inTransaction(store, async (rows) => {
    const last = await rows
      .selectFrom('experiment_notes')
      .select((eb) => eb.fn.max('seq').as('seq'))
      .where('experiment', '=', id)
      .executeTakeFirst();
    const seq = Number(last?.seq ?? 0) + 1;
    await rows
      .insertInto('experiment_notes')
      .values({ experiment: id, seq, kind: note.kind, at_ms: note.atMs, json: note.json })
      .execute();
    return seq;
  });

/** In the order in which they were written. */
export const readNotes = (store: Store, id: string, kind: string): Promise<readonly StoredNote[]> =>
  inStore(store, async () => {
    const rows = await store.db
      .selectFrom('experiment_notes')
      .selectAll()
      .where('experiment', '=', id)
      .where('kind', '=', kind)
      .orderBy('seq')
      .execute();
    return rows.map((row) => ({ seq: Number(row.seq), kind: row.kind, atMs: Number(row.at_ms), json: row.json }));
  });

/** Once for a host and an instant, however often it is told. */
export const insertGap = (store: Store, id: string, gap: StoredGap): Promise<void> =>
  inStore(store, async () => {
    await store.db
      .insertInto('experiment_gaps')
      .values({ experiment: id, host: gap.host, at_ms: gap.atMs, reason: gap.reason })
      .onConflict((conflict) => conflict.columns(['experiment', 'host', 'at_ms']).doNothing())
      .execute();
  });

export const readGaps = (store: Store, id: string): Promise<readonly StoredGap[]> =>
  inStore(store, async () => {
    const rows = await store.db
      .selectFrom('experiment_gaps')
      .selectAll()
      .where('experiment', '=', id)
      .orderBy('at_ms')
      .orderBy('host')
      .execute();
    return rows.map((row) => ({ atMs: Number(row.at_ms), host: row.host, reason: row.reason }));
  });
