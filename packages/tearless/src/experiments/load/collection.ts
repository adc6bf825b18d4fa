// Measurements that come while an experiment runs: one block an instant and host, put together into larger ones now and then.
import type { Clock } from '../../base/clock.ts';
import {
  appendBlocks,
  countRows,
  countSmallBlocks,
  findLiveSource,
  insertSource,
  newSourceId,
  readBlockData,
  readBlockHeads,
  type StoredBlock,
  type StoredSource,
} from '../../store/experiment-sources.ts';
import { findStoredExperiment, insertExperiment, insertGap } from '../../store/experiments.ts';
import { inTransaction, type Rows } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { unknownExperiment } from '../model/experiment-error.ts';
import { type AllocatorProof, type FigureName, type FlagSighting, missingKib } from '../model/measurements.ts';
import type { RelayKey, SampleHead } from './block-heads.ts';
import { compactSource, smallBlockRows, smallBlocks } from './compact.ts';
import type { EventsDocument, TableDocument } from './documents.ts';
import { EventsDocument as EventsSchema, parseStored } from './documents.ts';
import { encodeFlags } from './row-blocks.ts';
import { decodeSamples, encodeSamples } from './sample-block.ts';
import { orderRows, SampleRows } from './sample-rows.ts';
import { createIndex } from './value-index.ts';

/** Blocks of single instants that are left before they are put together. */
const mostSmallBlocks = 128;

export interface CollectedRelay {
  /** `HOST/INSTANCE`. */
  readonly id: string;
  readonly nickname: string;
  readonly fingerprint?: string;
}

export interface CollectedSample {
  readonly relay: CollectedRelay;
  /** Undefined where not measured. */
  readonly rssKib?: number;
  readonly virtualKib?: number;
  readonly peakKib?: number;
  /** Id of the arm it has at this instant. */
  readonly arm?: string;
  readonly proof?: AllocatorProof;
  readonly figures?: Partial<Record<FigureName, number>>;
}

export interface CollectedFlags extends Omit<FlagSighting, 'atMs'> {
  readonly relay: CollectedRelay;
}

/** An experiment that measurements may be added to, made where there is none. */
export const openCollection = async (store: Store, id: string, clock: Clock): Promise<void> => {
  if ((await findStoredExperiment(store, id)) !== undefined) return;
  await inTransaction(store, (rows) => insertExperiment(rows, { id, createdMs: clock.now(), info: '{}' }, 'live'));
};

const emptySource = (id: string, name: string, document: TableDocument | EventsDocument): StoredSource => ({
  source: newSourceId(),
  experiment: id,
  name,
  kind: document.kind,
  reader: 'collection',
  sha256: '',
  bytes: 0,
  rows: 0,
  document: JSON.stringify(document),
  problems: '[]',
  importedMs: 0,
});

/** Name of the source that holds what is collected from a host. */
export const collectionName = (host: string): string => `collected/${host}`;

const openSource = async (rows: Rows, id: string, host: string): Promise<string> => {
  const name = collectionName(host);
  const standing = await findLiveSource(rows, id, name);
  if (standing !== undefined) return standing.source;
  const source = emptySource(id, name, { kind: 'collection', times: { naive: 0, zoned: 0 } });
  await insertSource(rows, source, 'live');
  return source.source;
};

const isThere = async (rows: Rows, source: string, atMs: number): Promise<boolean> => {
  for (const block of await readBlockHeads(rows, source, { kind: 'samples', fromMs: atMs, toMs: atMs })) {
    if (block.fromMs === atMs || block.toMs === atMs) return true;
    const data = await readBlockData(rows, source, block.seq);
    if (data !== undefined && decodeSamples(data, block.rows).atMs.includes(atMs)) return true;
  }
  return false;
};

/** Of an instant and a host: its samples as a block. */
const toBlock = (host: string, atMs: number, samples: readonly CollectedSample[]): StoredBlock[] => {
  const rows = new SampleRows(samples.length);
  const relays = createIndex<RelayKey>();
  const arms = createIndex<string>();
  const proofs = createIndex<SampleHead['proofs'][number]>();
  for (const { relay, rssKib, virtualKib, peakKib, arm, proof, figures = {} } of samples) {
    const row = rows.add(relays.indexOf({ ...relay }), atMs, 0);
    rows.rssKib[row] = rssKib ?? missingKib;
    rows.virtualKib[row] = virtualKib ?? missingKib;
    rows.peakKib[row] = peakKib ?? missingKib;
    if (arm !== undefined) rows.arm[row] = arms.indexOf(arm);
    if (proof !== undefined) rows.proof[row] = proofs.indexOf({ ...proof });
    for (const [name, value] of Object.entries(figures)) rows.setFigure(row, name as FigureName, value);
  }
  const { order } = orderRows(rows.relay, rows.atMs, rows.length, relays.values.length);
  const names = { relays: relays.values, arms: arms.values, proofs: proofs.values };
  return [...encodeSamples(rows, order, names, [{ server: host, fromMs: atMs, toMs: atMs, rows: samples.length }])];
};

/**
 * Adds what was measured on a host at an instant; on the disk when this resolves. The same instant again is left as it is.
 * @returns false when that instant of the host was there already
 * @throws ExperimentError `experiment-unknown`
 */
export const appendSamples = async (
  store: Store,
  id: string,
  host: string,
  atMs: number,
  samples: readonly CollectedSample[],
  flags: readonly CollectedFlags[] = [],
): Promise<boolean> => {
  if ((await findStoredExperiment(store, id)) === undefined) throw unknownExperiment(id);
  return inTransaction(store, async (rows) => {
    const source = await openSource(rows, id, host);
    if (await isThere(rows, source, atMs)) return false;
    const blocks = samples.length === 0 ? [] : toBlock(host, atMs, samples);
    if (flags.length > 0)
      blocks.push(
        encodeFlags(flags.map(({ relay, ...sighting }) => ({ ...sighting, relay: { ...relay }, atMs, line: 0 }))),
      );
    await appendBlocks(rows, source, blocks);
    await countRows(rows, source, samples.length, atMs);
    // The count is cheap and may hold blocks that are small for good; the look at each is not.
    const mayCompact = (await countSmallBlocks(rows, source, 'samples', smallBlockRows)) >= mostSmallBlocks;
    if (mayCompact && (await smallBlocks(rows, source)).length >= mostSmallBlocks) await compactSource(rows, source);
    return true;
  });
};

/** That a host could not be asked at a planned instant. */
export const recordGap = async (
  store: Store,
  id: string,
  gap: { readonly host: string; readonly atMs: number; readonly reason: string },
): Promise<void> => {
  if ((await findStoredExperiment(store, id)) === undefined) throw unknownExperiment(id);
  await insertGap(store, id, gap);
};

/** When a host was measured last; undefined where it never was. */
export const lastCollected = async (store: Store, id: string, host: string): Promise<number | undefined> => {
  const source = await findLiveSource(store.db, id, collectionName(host));
  if (source === undefined) return undefined;
  const heads = await readBlockHeads(store.db, source.source);
  const samples = heads.filter(({ kind }) => kind === 'samples');
  return samples.length === 0 ? undefined : samples.reduce((last, { toMs }) => Math.max(last, toMs), 0);
};

/** Adds events that Tearless itself caused or saw: arms that began, restarts. */
export const recordEvents = async (store: Store, id: string, events: EventsDocument['events']): Promise<void> => {
  if ((await findStoredExperiment(store, id)) === undefined) throw unknownExperiment(id);
  const name = 'collected-events';
  await inTransaction(store, async (rows) => {
    const standing = await findLiveSource(rows, id, name);
    const before =
      standing?.document === undefined ? [] : parseStored(EventsSchema, standing.document, `events of ${id}`).events;
    const document: EventsDocument = { kind: 'events', events: [...before, ...events] };
    const source = { ...(standing ?? emptySource(id, name, document)), document: JSON.stringify(document) };
    if (standing === undefined) await insertSource(rows, { ...source, rows: document.events.length }, 'live');
    else await rewriteDocument(rows, { ...source, rows: document.events.length });
  });
};

const rewriteDocument = async (rows: Rows, { source, document, rows: count }: StoredSource): Promise<void> => {
  await rows
    .updateTable('experiment_sources')
    .set({ document: document ?? null, rows: count })
    .where('source', '=', source)
    .execute();
};
