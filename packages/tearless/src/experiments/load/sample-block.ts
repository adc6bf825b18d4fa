// Samples as blocks: rows by relay and time, so that loading copies runs instead of rows.
import type { StoredBlock } from '../../store/experiment-sources.ts';
import { type FigureName, figureNames, missingKib, noArm, noProof, type ServerSpan } from '../model/measurements.ts';
import { type Column, type Columns, decodeBlock, encodeBlock } from './block-codec.ts';
import type { RelayKey, SampleHead } from './block-heads.ts';
import type { SampleRows } from './sample-rows.ts';

/** Rows a block: large enough to compress, small enough to be read one at a time. */
export const rowsPerBlock = 65_536;

const deltas: ReadonlySet<string> = new Set(['atMs', 'line', 'figure:startedMs']);

export interface SampleNames {
  /** By the index that rows hold. */
  readonly relays: readonly RelayKey[];
  readonly arms: readonly string[];
  readonly proofs: readonly SampleHead['proofs'][number][];
  /** Whether fine figures of traffic were taken out. */
  readonly coarse?: boolean;
}

const pick = <T extends Column>(column: T, order: Uint32Array): T => {
  const picked = new (column.constructor as new (length: number) => T)(order.length);
  for (let index = 0; index < order.length; index += 1) picked[index] = column[order[index] ?? 0] ?? 0;
  return picked;
};

const encodeSlice = (
  rows: SampleRows,
  order: Uint32Array,
  names: SampleNames,
  servers: readonly ServerSpan[],
): StoredBlock => {
  const relays: RelayKey[] = [];
  const counts: number[] = [];
  let current = -1;
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const row of order) {
    const relay = rows.relay[row] ?? 0;
    if (relay !== current) {
      relays.push(names.relays[relay] ?? { nickname: '' });
      counts.push(0);
      current = relay;
    }
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
    const atMs = rows.atMs[row] ?? 0;
    if (atMs < fromMs) fromMs = atMs;
    if (atMs > toMs) toMs = atMs;
  }
  const columns = new Map<string, Column>([
    ['atMs', pick(rows.atMs, order)],
    ['rssKib', pick(rows.rssKib, order)],
    ['virtualKib', pick(rows.virtualKib, order)],
    ['peakKib', pick(rows.peakKib, order)],
    ['arm', pick(rows.arm, order)],
  ]);
  const line = pick(rows.line, order);
  if (line.some((value) => value !== 0)) columns.set('line', line);
  const proof = pick(rows.proof, order);
  if (proof.some((value) => value !== noProof)) columns.set('proof', proof);
  for (const [name, figures] of rows.figures) {
    const column = pick(figures, order);
    if (column.some((value) => !Number.isNaN(value))) columns.set(`figure:${name}`, column);
  }
  const head: SampleHead = {
    relays,
    counts,
    arms: [...names.arms],
    proofs: [...names.proofs],
    servers: [...servers],
    ...(names.coarse === true ? { coarse: true } : {}),
    figures: [...columns.keys()].flatMap((name) => (name.startsWith('figure:') ? [name.slice(7)] : [])),
  };
  return {
    kind: 'samples',
    fromMs,
    toMs,
    rows: order.length,
    head: JSON.stringify(head),
    data: encodeBlock(columns, deltas),
  };
};

/**
 * @param order rows by relay and time
 * @param servers spans of the rows; they stand with the first block
 */
export const encodeSamples = function* (
  rows: SampleRows,
  order: Uint32Array,
  names: SampleNames,
  servers: readonly ServerSpan[],
): Generator<StoredBlock> {
  for (let start = 0; start < order.length; start += rowsPerBlock)
    yield encodeSlice(rows, order.subarray(start, start + rowsPerBlock), names, start === 0 ? servers : []);
};

export interface SampleColumns {
  readonly rows: number;
  readonly atMs: Float64Array;
  /** Zeros where rows come from no file. */
  readonly line: Uint32Array;
  readonly rssKib: Uint32Array;
  readonly virtualKib: Uint32Array;
  readonly peakKib: Uint32Array;
  readonly arm: Uint16Array;
  readonly proof: Uint16Array;
  readonly figures: ReadonlyMap<FigureName, Float64Array>;
}

const take = <T extends Column>(columns: Columns, name: string, type: new (length: number) => T, fill: T): T => {
  const column = columns.get(name);
  return column instanceof type ? column : fill;
};

/** The columns of a block, by relay and time as its head counts them. */
export const decodeSamples = (data: Uint8Array, rows: number): SampleColumns => {
  const columns = decodeBlock(data);
  const kib = (name: string): Uint32Array =>
    take(columns, name, Uint32Array, columns.has(name) ? new Uint32Array(0) : new Uint32Array(rows).fill(missingKib));
  const figures = new Map<FigureName, Float64Array>();
  for (const name of figureNames) {
    const column = columns.get(`figure:${name}`);
    if (column instanceof Float64Array) figures.set(name, column);
  }
  return {
    rows,
    atMs: take(columns, 'atMs', Float64Array, new Float64Array(rows)),
    line: take(columns, 'line', Uint32Array, new Uint32Array(rows)),
    rssKib: kib('rssKib'),
    virtualKib: kib('virtualKib'),
    peakKib: kib('peakKib'),
    arm: take(columns, 'arm', Uint16Array, new Uint16Array(rows).fill(noArm)),
    proof: take(columns, 'proof', Uint16Array, new Uint16Array(rows).fill(noProof)),
    figures,
  };
};

/** A block's rows again as rows that can be ordered and written anew; `relayOf` gives each of its relays an index. */
export const appendDecoded = (
  rows: SampleRows,
  head: SampleHead,
  columns: SampleColumns,
  indexes: {
    readonly relayOf: (key: RelayKey) => number;
    readonly armOf: (arm: string) => number;
    readonly proofOf: (proof: SampleHead['proofs'][number]) => number;
  },
): void => {
  const arms = head.arms.map(indexes.armOf);
  const proofs = head.proofs.map(indexes.proofOf);
  let at = 0;
  for (const [index, key] of head.relays.entries()) {
    const relay = indexes.relayOf(key);
    const end = at + (head.counts[index] ?? 0);
    for (; at < end; at += 1) {
      const row = rows.add(relay, columns.atMs[at] ?? 0, columns.line[at] ?? 0);
      rows.rssKib[row] = columns.rssKib[at] ?? missingKib;
      rows.virtualKib[row] = columns.virtualKib[at] ?? missingKib;
      rows.peakKib[row] = columns.peakKib[at] ?? missingKib;
      rows.arm[row] = arms[columns.arm[at] ?? noArm] ?? noArm;
      rows.proof[row] = proofs[columns.proof[at] ?? noProof] ?? noProof;
      for (const [name, figures] of columns.figures) rows.setFigure(row, name, figures[at] ?? Number.NaN);
    }
  }
};
