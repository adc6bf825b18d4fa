// Small blocks of a collection put together into large ones, and fine figures of traffic made coarse when they are old:
// series of traffic at short intervals help to correlate, so they are not kept for long.

import {
  appendBlocks,
  deleteBlocks,
  readBlockData,
  readBlockHeads,
  readSources,
  type StoredBlock,
  type StoredBlockHead,
} from '../../store/experiment-sources.ts';
import { inTransaction, type Rows } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import type { FigureName, ServerSpan } from '../model/measurements.ts';
import { binTraffic, dayMs, type LastFigures, trafficCounters, trafficFigures } from './bin-traffic.ts';
import { FlagHead, parseHead, type RelayKey, SampleHead } from './block-heads.ts';
import { mergeServers } from './merge-servers.ts';
import { decodeFlags, encodeFlags, type FlagRow } from './row-blocks.ts';
import { appendDecoded, decodeSamples, encodeSamples, rowsPerBlock } from './sample-block.ts';
import { orderRows, SampleRows } from './sample-rows.ts';
import { createIndex, type ValueIndex } from './value-index.ts';

const isCoarse = ({ head }: StoredBlockHead): boolean => parseHead(SampleHead, head).coarse === true;

/** Blocks with fewer rows are worth putting together. */
export const smallBlockRows = rowsPerBlock / 4;

/** Blocks of samples that are worth putting together. */
export const smallBlocks = async (rows: Rows, source: string): Promise<readonly StoredBlockHead[]> =>
  (await readBlockHeads(rows, source)).filter(
    (block) => block.kind === 'samples' && block.rows < smallBlockRows && !isCoarse(block),
  );

/** Blocks' rows in one table, with what their numbers mean. */
interface Table {
  readonly samples: SampleRows;
  /** Rows by relay and time. */
  readonly order: Uint32Array;
  readonly relays: ValueIndex<RelayKey>;
  readonly arms: ValueIndex<string>;
  readonly proofs: ValueIndex<SampleHead['proofs'][number]>;
  readonly servers: readonly ServerSpan[];
}

const readTable = async (rows: Rows, source: string, blocks: readonly StoredBlockHead[]): Promise<Table> => {
  const samples = new SampleRows(blocks.reduce((sum, block) => sum + block.rows, 0));
  const relays = createIndex<RelayKey>();
  const arms = createIndex<string>();
  const proofs = createIndex<SampleHead['proofs'][number]>();
  const spans: ServerSpan[] = [];
  for (const block of blocks) {
    const data = await readBlockData(rows, source, block.seq);
    if (data === undefined) continue;
    const head = parseHead(SampleHead, block.head);
    spans.push(...head.servers);
    const indexes = { relayOf: relays.indexOf, armOf: arms.indexOf, proofOf: proofs.indexOf };
    appendDecoded(samples, head, decodeSamples(data, block.rows), indexes);
  }
  const { order } = orderRows(samples.relay, samples.atMs, samples.length, relays.values.length);
  return { samples, order, relays, arms, proofs, servers: mergeServers(spans) };
};

const encodeTable = (
  { samples, relays, arms, proofs }: Table,
  order: Uint32Array,
  servers: readonly ServerSpan[],
  coarse: boolean,
): StoredBlock[] => {
  const names = { relays: relays.values, arms: arms.values, proofs: proofs.values, coarse };
  return [...encodeSamples(samples, order, names, servers)];
};

const seqsOf = (blocks: readonly StoredBlockHead[]): number[] => blocks.map(({ seq }) => seq);

/** Puts the small blocks of a source together; inside the caller's transaction. */
export const compactSource = async (rows: Rows, source: string): Promise<void> => {
  const small = await smallBlocks(rows, source);
  if (small.length > 1) {
    const table = await readTable(rows, source, small);
    const blocks = encodeTable(table, table.order, table.servers, false);
    // New ones first: their numbers must be higher than any that a reader may hold.
    await appendBlocks(rows, source, blocks);
    await deleteBlocks(rows, source, seqsOf(small));
  }
  const flagBlocks = (await readBlockHeads(rows, source)).filter(
    (block) => block.kind === 'flags' && block.rows < smallBlockRows,
  );
  if (flagBlocks.length < 2) return;
  const flags: FlagRow[] = [];
  for (const block of flagBlocks) {
    const data = await readBlockData(rows, source, block.seq);
    if (data !== undefined) for (const row of decodeFlags(parseHead(FlagHead, block.head), data)) flags.push(row);
  }
  await appendBlocks(rows, source, [encodeFlags(flags)]);
  await deleteBlocks(rows, source, seqsOf(flagBlocks));
};

/** What was kept last of the counters before an instant, in blocks that are coarse already. */
const readLastFigures = async (
  rows: Rows,
  source: string,
  blocks: readonly StoredBlockHead[],
  relayOf: (key: RelayKey) => number,
): Promise<LastFigures> => {
  const last = new Map<FigureName, Map<number, number>>();
  for (const block of blocks) {
    const data = await readBlockData(rows, source, block.seq);
    if (data === undefined) continue;
    const columns = decodeSamples(data, block.rows);
    const head = parseHead(SampleHead, block.head);
    for (const name of trafficCounters) {
      const column = columns.figures.get(name);
      if (column === undefined) continue;
      const known = last.get(name) ?? new Map<number, number>();
      last.set(name, known);
      let at = 0;
      for (const [index, key] of head.relays.entries()) {
        const end = at + (head.counts[index] ?? 0);
        const relay = relayOf(key);
        for (; at < end; at += 1) {
          const value = column[at] ?? Number.NaN;
          if (!Number.isNaN(value)) known.set(relay, value);
        }
      }
    }
  }
  return last;
};

const hasTraffic = ({ head }: StoredBlockHead): boolean =>
  parseHead(SampleHead, head).figures.some((name) => trafficFigures.includes(name as FigureName));

const coarsenSource = async (rows: Rows, source: string, beforeMs: number): Promise<number> => {
  const samplesOf = (await readBlockHeads(rows, source)).filter(({ kind }) => kind === 'samples');
  const old = samplesOf.filter((block) => block.fromMs < beforeMs && !isCoarse(block) && hasTraffic(block));
  if (old.length === 0) return 0;
  const table = await readTable(rows, source, old);
  const coarse = samplesOf.filter((block) => isCoarse(block) && hasTraffic(block));
  const newestMs = coarse.reduce((newest, { toMs }) => Math.max(newest, toMs), 0);
  const newestCoarse = coarse.filter(({ toMs }) => toMs >= newestMs - 2 * dayMs);
  const before = await readLastFigures(rows, source, newestCoarse, table.relays.indexOf);
  const isOld = (row: number): boolean => (table.samples.atMs[row] ?? 0) < beforeMs;
  const past = table.order.filter(isOld);
  const rest = table.order.filter((row) => !isOld(row));
  binTraffic(table.samples, past, before);
  // The spans of all rows stand with the first block.
  const blocks = [...encodeTable(table, past, table.servers, true), ...encodeTable(table, rest, [], false)];
  await appendBlocks(rows, source, blocks);
  await deleteBlocks(rows, source, seqsOf(old));
  return blocks.length;
};

/**
 * Bins figures of traffic by UTC day in all that was collected before an instant; blocks that reach beyond it are parted there.
 * @param beforeMs the beginning of a day
 * @returns how many blocks were written anew
 */
export const coarsenTraffic = async (store: Store, id: string, beforeMs: number): Promise<number> => {
  let rewritten = 0;
  for (const { source, kind } of await readSources(store, id))
    if (kind === 'collection') rewritten += await inTransaction(store, (rows) => coarsenSource(rows, source, beforeMs));
  return rewritten;
};
