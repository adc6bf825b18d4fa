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
import { inTransaction, type Rows } from '../../store/experiments.ts';
import type { Store } from '../../store/store.ts';
import type { FigureName, ServerSpan } from '../model/measurements.ts';
import { FlagHead, parseHead, type RelayKey, SampleHead } from './block-heads.ts';
import { mergeServers } from './merge-servers.ts';
import { decodeFlags, encodeFlags, type FlagRow } from './row-blocks.ts';
import { appendDecoded, decodeSamples, encodeSamples, rowsPerBlock } from './sample-block.ts';
import { orderRows, SampleRows } from './sample-rows.ts';
import { createIndex } from './value-index.ts';

/** Figures that tell a relay's traffic. */
export const trafficFigures: readonly FigureName[] = [
  'readBytes',
  'writtenBytes',
  'connections',
  'onionskins',
  'onionskinsDropped',
];
const dayMs = 86_400_000;

const isCoarse = ({ head }: StoredBlockHead): boolean => parseHead(SampleHead, head).coarse === true;

/** Blocks of samples that are worth putting together. */
export const smallBlocks = async (rows: Rows, source: string): Promise<readonly StoredBlockHead[]> =>
  (await readBlockHeads(rows, source)).filter(
    (block) => block.kind === 'samples' && block.rows < rowsPerBlock / 4 && !isCoarse(block),
  );

/** The blocks' rows in one table, decoded; `change` may alter it before it is written again. */
const rewriteSamples = async (
  rows: Rows,
  source: string,
  blocks: readonly StoredBlockHead[],
  coarse: boolean,
  change: (samples: SampleRows, order: Uint32Array) => void,
): Promise<StoredBlock[]> => {
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
  change(samples, order);
  const names = { relays: relays.values, arms: arms.values, proofs: proofs.values, coarse };
  return [...encodeSamples(samples, order, names, mergeServers(spans))];
};

const seqsOf = (blocks: readonly StoredBlockHead[]): number[] => blocks.map(({ seq }) => seq);

/** Puts the small blocks of a source together; inside the caller's transaction. */
export const compactSource = async (rows: Rows, source: string): Promise<void> => {
  const small = await smallBlocks(rows, source);
  if (small.length > 1) {
    const blocks = await rewriteSamples(rows, source, small, false, () => {});
    // New ones first: their numbers must be higher than any that a reader may hold.
    await appendBlocks(rows, source, blocks);
    await deleteBlocks(rows, source, seqsOf(small));
  }
  const flagBlocks = (await readBlockHeads(rows, source)).filter(
    (block) => block.kind === 'flags' && block.rows < rowsPerBlock / 4,
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

/**
 * Of each relay and UTC day keeps the first figure, and both figures where a counter fell back: sums over days stay what they were.
 * @returns whether anything was taken out
 */
const coarsenRows = (samples: SampleRows, order: Uint32Array): boolean => {
  let changed = false;
  for (const name of trafficFigures) {
    const column = samples.figures.get(name);
    if (column === undefined) continue;
    let relay = -1;
    let day = -1;
    let before = -1;
    let last = Number.NaN;
    const drop = (row: number): void => {
      column[row] = Number.NaN;
      changed = true;
    };
    // `before` is a row that goes unless the next one shows that the counter fell back.
    for (const row of order) {
      const value = column[row] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      const ownDay = Math.floor((samples.atMs[row] ?? 0) / dayMs);
      const sameRelay = samples.relay[row] === relay;
      const fellBack = sameRelay && name !== 'connections' && value < last;
      if (before !== -1 && !fellBack) drop(before);
      before = sameRelay && ownDay === day && !fellBack ? row : -1;
      relay = samples.relay[row] ?? 0;
      day = ownDay;
      last = value;
    }
    if (before !== -1) drop(before);
  }
  return changed;
};

/**
 * Makes figures of traffic coarse (one a day and relay) in all that was collected before an instant.
 * @returns how many blocks were written anew
 */
export const coarsenTraffic = async (store: Store, id: string, beforeMs: number): Promise<number> => {
  let rewritten = 0;
  for (const { source, kind } of await readSources(store, id)) {
    if (kind !== 'collection') continue;
    rewritten += await inTransaction(store, async (rows) => {
      const old = (await readBlockHeads(rows, source)).filter(
        (block) =>
          block.kind === 'samples' &&
          block.toMs < beforeMs &&
          !isCoarse(block) &&
          parseHead(SampleHead, block.head).figures.some((name) => trafficFigures.includes(name as FigureName)),
      );
      let changed = false;
      const blocks = await rewriteSamples(rows, source, old, true, (samples, order) => {
        changed = coarsenRows(samples, order);
      });
      if (!changed) return 0;
      await appendBlocks(rows, source, blocks);
      await deleteBlocks(rows, source, seqsOf(old));
      return blocks.length;
    });
  }
  return rewritten;
};
