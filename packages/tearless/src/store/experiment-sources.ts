// The sources of an experiment and their blocks as rows. An import stages its sources, which nobody reads, and publishes them
// all at once: a killed import leaves the old state or the new one. No long transaction: others write to the store meanwhile.
import { randomUUID } from 'node:crypto';
import { inStore, inTransaction, type Rows } from './rows.ts';
import type { ExperimentSourcesTable, Tables } from './schema.ts';
import type { Store } from './store.ts';

export interface StoredSource {
  readonly source: string;
  readonly experiment: string;
  readonly name: string;
  readonly kind: string;
  readonly reader: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
  /** JSON. */
  readonly document: string | undefined;
  /** JSON. */
  readonly problems: string;
  readonly importedMs: number;
}

export interface StoredBlock {
  readonly kind: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
  /** JSON. */
  readonly head: string;
  readonly data: Uint8Array;
}

/** A block without its data. */
export interface StoredBlockHead extends Omit<StoredBlock, 'data'> {
  readonly source: string;
  readonly seq: number;
}

const toSource = (row: ExperimentSourcesTable): StoredSource => ({
  source: row.source,
  experiment: row.experiment,
  name: row.name,
  kind: row.kind,
  reader: row.reader,
  sha256: row.sha256,
  bytes: Number(row.bytes),
  rows: Number(row.rows),
  document: row.document ?? undefined,
  problems: row.problems,
  importedMs: Number(row.imported_ms),
});

export const newSourceId = (): string => randomUUID();

const toRow = (source: StoredSource, state: 'staged' | 'live'): Tables['experiment_sources'] => ({
  source: source.source,
  experiment: source.experiment,
  name: source.name,
  state,
  kind: source.kind,
  reader: source.reader,
  sha256: source.sha256,
  bytes: source.bytes,
  rows: source.rows,
  document: source.document ?? null,
  problems: source.problems,
  imported_ms: source.importedMs,
});

export const insertSource = async (rows: Rows, source: StoredSource, state: 'staged' | 'live'): Promise<void> => {
  await rows.insertInto('experiment_sources').values(toRow(source, state)).execute();
};

/** What is known of a staged source once it was read to its end. */
export const updateSource = async (rows: Rows, source: StoredSource): Promise<void> => {
  const { state: _, source: key, ...values } = toRow(source, 'staged');
  await rows.updateTable('experiment_sources').set(values).where('source', '=', key).execute();
};

/** Live sources by name. */
export const readSources = (store: Store, experiment: string): Promise<readonly StoredSource[]> =>
  inStore(store, async () => {
    const rows = await store.db
      .selectFrom('experiment_sources')
      .selectAll()
      .where('experiment', '=', experiment)
      .where('state', '=', 'live')
      .orderBy('name')
      .execute();
    return rows.map(toSource);
  });

export const findLiveSource = async (
  rows: Rows,
  experiment: string,
  name: string,
): Promise<StoredSource | undefined> => {
  const row = await rows
    .selectFrom('experiment_sources')
    .selectAll()
    .where('experiment', '=', experiment)
    .where('state', '=', 'live')
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? undefined : toSource(row);
};

/** The staged sources take the place of live ones of the same names. */
export const publishSources = async (
  rows: Rows,
  experiment: string,
  sources: readonly StoredSource[],
): Promise<void> => {
  for (const { source, name } of sources) {
    await rows
      .deleteFrom('experiment_sources')
      .where('experiment', '=', experiment)
      .where('state', '=', 'live')
      .where('name', '=', name)
      .execute();
    await rows.updateTable('experiment_sources').set({ state: 'live' }).where('source', '=', source).execute();
  }
};

/** Removes what imports left behind that did not come to their end, and the experiment if there is nothing else of it. */
export const discardStaged = (store: Store, experiment: string): Promise<void> =>
  inTransaction(store, async (rows) => {
    await rows
      .deleteFrom('experiment_sources')
      .where('experiment', '=', experiment)
      .where('state', '=', 'staged')
      .execute();
    await rows.deleteFrom('experiments').where('id', '=', experiment).where('state', '=', 'staged').execute();
  });

/** Adds blocks behind those of the source; a number that a reader has seen never comes to mean another block. */
export const appendBlocks = async (rows: Rows, source: string, blocks: readonly StoredBlock[]): Promise<void> => {
  const last = await rows
    .selectFrom('measurement_blocks')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('source', '=', source)
    .executeTakeFirst();
  let seq = Number(last?.seq ?? 0);
  for (const block of blocks) {
    seq += 1;
    await rows
      .insertInto('measurement_blocks')
      .values({
        source,
        seq,
        kind: block.kind,
        from_ms: block.fromMs,
        to_ms: block.toMs,
        rows: block.rows,
        head: block.head,
        data: block.data,
      })
      .execute();
  }
};

export const deleteBlocks = async (rows: Rows, source: string, seqs: readonly number[]): Promise<void> => {
  for (const seq of seqs)
    await rows.deleteFrom('measurement_blocks').where('source', '=', source).where('seq', '=', seq).execute();
};

const toHead = (row: Omit<Tables['measurement_blocks'], 'data'>): StoredBlockHead => ({
  source: row.source,
  seq: Number(row.seq),
  kind: row.kind,
  fromMs: Number(row.from_ms),
  toMs: Number(row.to_ms),
  rows: Number(row.rows),
  head: row.head,
});

/**
 * Heads of a source's blocks in order.
 * @param within only blocks of that kind that may hold an instant from `fromMs` to `toMs`
 */
export const readBlockHeads = async (
  rows: Rows,
  source: string,
  within?: { readonly kind: string; readonly fromMs: number; readonly toMs: number },
): Promise<readonly StoredBlockHead[]> => {
  let query = rows
    .selectFrom('measurement_blocks')
    .select(['source', 'seq', 'kind', 'from_ms', 'to_ms', 'rows', 'head'])
    .where('source', '=', source)
    .orderBy('seq');
  if (within !== undefined)
    query = query
      .where('kind', '=', within.kind)
      .where('from_ms', '<=', within.toMs)
      .where('to_ms', '>=', within.fromMs);
  return (await query.execute()).map(toHead);
};

/** @returns undefined when the block is gone: replaced meanwhile */
export const readBlockData = async (rows: Rows, source: string, seq: number): Promise<Uint8Array | undefined> =>
  (
    await rows
      .selectFrom('measurement_blocks')
      .select('data')
      .where('source', '=', source)
      .where('seq', '=', seq)
      .executeTakeFirst()
  )?.data;

/** How many blocks of a kind hold fewer rows than that. */
export const countSmallBlocks = async (
  rows: Rows,
  source: string,
  kind: string,
  fewerThan: number,
): Promise<number> => {
  const found = await rows
    .selectFrom('measurement_blocks')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('source', '=', source)
    .where('kind', '=', kind)
    .where('rows', '<', fewerThan)
    .executeTakeFirstOrThrow();
  return Number(found.count);
};

/** Adds to the count of rows of a live source. */
export const countRows = async (rows: Rows, source: string, added: number, atMs: number): Promise<void> => {
  await rows
    .updateTable('experiment_sources')
    .set((eb) => ({ rows: eb('rows', '+', added), imported_ms: atMs }))
    .where('source', '=', source)
    .execute();
};

/** Heads of all blocks of an experiment's live sources, by source name and in order: one look at the store. */
export const readLiveBlockHeads = (store: Store, experiment: string): Promise<readonly StoredBlockHead[]> =>
  inStore(store, async () => {
    const found = await store.db
      .selectFrom('measurement_blocks as block')
      .innerJoin('experiment_sources as source', 'source.source', 'block.source')
      .select(['block.source', 'block.seq', 'block.kind', 'block.from_ms', 'block.to_ms', 'block.rows', 'block.head'])
      .where('source.experiment', '=', experiment)
      .where('source.state', '=', 'live')
      .orderBy('source.name')
      .orderBy('block.seq')
      .execute();
    return found.map(toHead);
  });
