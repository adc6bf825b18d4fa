// Samples out of blocks into columns by relay: runs are copied, what overlaps is sorted, the same instant twice is told.
import { type FigureName, missingKib, noArm, noProof, type RelaySamples } from '../model/measurements.ts';
import type { SampleHead } from './block-heads.ts';
import type { SampleColumns } from './sample-block.ts';

export interface SampleBlock {
  readonly head: SampleHead;
  /** Which source it is of; told with duplicates. */
  readonly source: number;
  readonly figures: readonly FigureName[];
  readonly read: () => Promise<SampleColumns>;
}

export interface Overlap {
  readonly relay: number;
  readonly atMs: number;
  readonly same: boolean;
  readonly kept: { readonly source: number; readonly line: number };
  readonly dropped: { readonly source: number; readonly line: number };
}

export interface SampleIndexes {
  readonly relays: number;
  readonly relayOf: (key: SampleHead['relays'][number]) => number | undefined;
  /** `noArm` for none. */
  readonly armOf: (arm: string) => number;
  readonly proofOf: (proof: SampleHead['proofs'][number]) => number;
}

/** One relay's columns while they are filled, and where each row comes from. */
interface Filling {
  length: number;
  readonly samples: RelaySamples;
  readonly line: Uint32Array;
  readonly source: Uint16Array;
}

const makeRoom = (rows: number, figures: readonly FigureName[]): Filling => ({
  length: 0,
  samples: {
    atMs: new Float64Array(rows),
    rssKib: new Uint32Array(rows),
    virtualKib: new Uint32Array(rows),
    peakKib: new Uint32Array(rows),
    arm: new Uint16Array(rows),
    proof: new Uint16Array(rows),
    figures: new Map(figures.map((name) => [name, new Float64Array(rows).fill(Number.NaN)])),
  },
  line: new Uint32Array(rows),
  source: new Uint16Array(rows),
});

const mapped = (codes: Uint16Array, map: readonly number[], none: number): Uint16Array => {
  if (map.every((to, from) => to === from)) return codes;
  return codes.map((code) => (code === none ? none : (map[code] ?? none)));
};

/** Copies a block's runs behind what its relays have already. */
const fill = (
  fillings: readonly Filling[],
  block: SampleBlock,
  columns: SampleColumns,
  indexes: SampleIndexes,
): void => {
  const arm = mapped(columns.arm, block.head.arms.map(indexes.armOf), noArm);
  const proof = mapped(columns.proof, block.head.proofs.map(indexes.proofOf), noProof);
  let at = 0;
  for (const [index, key] of block.head.relays.entries()) {
    const end = at + (block.head.counts[index] ?? 0);
    const filling = fillings[indexes.relayOf(key) ?? -1];
    if (filling !== undefined) {
      const { samples, length } = filling;
      samples.atMs.set(columns.atMs.subarray(at, end), length);
      samples.rssKib.set(columns.rssKib.subarray(at, end), length);
      samples.virtualKib.set(columns.virtualKib.subarray(at, end), length);
      samples.peakKib.set(columns.peakKib.subarray(at, end), length);
      samples.arm.set(arm.subarray(at, end), length);
      samples.proof.set(proof.subarray(at, end), length);
      for (const [name, figures] of columns.figures) samples.figures.get(name)?.set(figures.subarray(at, end), length);
      filling.line.set(columns.line.subarray(at, end), length);
      filling.source.fill(block.source, length, length + end - at);
      filling.length = length + end - at;
    }
    at = end;
  }
};

const isAscending = (atMs: Float64Array): boolean => {
  for (let index = 1; index < atMs.length; index += 1) if (!((atMs[index - 1] ?? 0) < (atMs[index] ?? 0))) return false;
  return true;
};

const saySame = (samples: RelaySamples, a: number, b: number): boolean =>
  samples.rssKib[a] === samples.rssKib[b] &&
  samples.virtualKib[a] === samples.virtualKib[b] &&
  samples.peakKib[a] === samples.peakKib[b] &&
  samples.arm[a] === samples.arm[b] &&
  samples.proof[a] === samples.proof[b] &&
  [...samples.figures.values()].every((figures) => Object.is(figures[a], figures[b]));

/** By time; of one instant the row that came first. */
const settle = ({ samples, line, source }: Filling, relay: number, overlaps: Overlap[]): RelaySamples => {
  const { atMs } = samples;
  if (isAscending(atMs)) return samples;
  const order = Uint32Array.from(atMs, (_, index) => index).sort((a, b) => (atMs[a] ?? 0) - (atMs[b] ?? 0) || a - b);
  let kept = 0;
  for (const [place, row] of order.entries()) {
    const before = order[kept - 1];
    if (place > 0 && before !== undefined && atMs[before] === atMs[row]) {
      const place = (at: number) => ({ source: source[at] ?? 0, line: line[at] ?? 0 });
      overlaps.push({
        relay,
        atMs: atMs[row] ?? 0,
        same: saySame(samples, before, row),
        kept: place(before),
        dropped: place(row),
      });
      continue;
    }
    order[kept] = row;
    kept += 1;
  }
  const rows = order.subarray(0, kept);
  const pick = <T extends Float64Array | Uint32Array | Uint16Array>(column: T): T => {
    const picked = new (column.constructor as new (length: number) => T)(kept);
    for (let index = 0; index < kept; index += 1) picked[index] = column[rows[index] ?? 0] ?? 0;
    return picked;
  };
  return {
    atMs: pick(samples.atMs),
    rssKib: pick(samples.rssKib),
    virtualKib: pick(samples.virtualKib),
    peakKib: pick(samples.peakKib),
    arm: pick(samples.arm),
    proof: pick(samples.proof),
    figures: new Map([...samples.figures].map(([name, figures]) => [name, pick(figures)])),
  };
};

/**
 * @param blocks in the order of their sources; of the same instant in two, the first is kept
 * @returns samples by relay, strictly ascending in time
 */
export const loadSamples = async (
  blocks: readonly SampleBlock[],
  indexes: SampleIndexes,
): Promise<{ readonly samples: readonly RelaySamples[]; readonly overlaps: readonly Overlap[] }> => {
  const rows = new Array<number>(indexes.relays).fill(0);
  const figures = [...new Set(blocks.flatMap((block) => block.figures))];
  for (const { head } of blocks)
    for (const [index, key] of head.relays.entries()) {
      const relay = indexes.relayOf(key);
      if (relay !== undefined) rows[relay] = (rows[relay] ?? 0) + (head.counts[index] ?? 0);
    }
  const fillings = rows.map((count) => makeRoom(count, figures));
  for (const block of blocks) fill(fillings, block, await block.read(), indexes);
  const overlaps: Overlap[] = [];
  const samples = fillings.map((filling, relay) => settle(filling, relay, overlaps));
  return { samples, overlaps };
};

export const emptySamples = (): RelaySamples => makeRoom(0, []).samples;

/** Every instant of any of them, ascending. Linear where most share theirs. */
export const uniteInstants = (all: readonly Float64Array[]): Float64Array => {
  let united = new Float64Array(0);
  for (const instants of all) {
    let missing = 0;
    let at = 0;
    for (const instant of instants) {
      while (at < united.length && (united[at] ?? 0) < instant) at += 1;
      if (united[at] !== instant) missing += 1;
    }
    if (missing === 0) continue;
    const merged = new Float64Array(united.length + missing);
    let left = 0;
    let right = 0;
    for (let index = 0; index < merged.length; index += 1) {
      const a = united[left] ?? Number.POSITIVE_INFINITY;
      const b = instants[right] ?? Number.POSITIVE_INFINITY;
      merged[index] = Math.min(a, b);
      if (a <= b) left += 1;
      if (b <= a) right += 1;
    }
    united = merged;
  }
  return united;
};

/** Memory figures in KiB as numbers, where measured. */
export const isMeasured = (kib: number | undefined): kib is number => kib !== undefined && kib !== missingKib;
