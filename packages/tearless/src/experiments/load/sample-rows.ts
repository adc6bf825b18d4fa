// Samples in the order in which they come, in columns that grow: what is collected before a block is written.
import { type FigureName, figureNames, missingKib, noArm, noProof } from '../model/measurements.ts';

export interface SampleRow {
  /** Index of the relay; what it stands for is the caller's. */
  readonly relay: number;
  readonly atMs: number;
  /** Line of the file; 0 where there is none. */
  readonly line: number;
  readonly rssKib: number;
  readonly virtualKib: number;
  readonly peakKib: number;
  readonly arm: number;
  readonly proof: number;
}

/** Columns of samples; only the first `length` entries count. */
export class SampleRows {
  length = 0;
  relay: Uint32Array;
  atMs: Float64Array;
  line: Uint32Array;
  rssKib: Uint32Array;
  virtualKib: Uint32Array;
  peakKib: Uint32Array;
  arm: Uint16Array;
  proof: Uint16Array;
  readonly figures = new Map<FigureName, Float64Array>();

  constructor(capacity: number) {
    this.relay = new Uint32Array(capacity);
    this.atMs = new Float64Array(capacity);
    this.line = new Uint32Array(capacity);
    this.rssKib = new Uint32Array(capacity);
    this.virtualKib = new Uint32Array(capacity);
    this.peakKib = new Uint32Array(capacity);
    this.arm = new Uint16Array(capacity);
    this.proof = new Uint16Array(capacity);
  }

  #grow(): void {
    const capacity = Math.max(64, this.relay.length * 2);
    const wider = new SampleRows(capacity);
    wider.relay.set(this.relay);
    wider.atMs.set(this.atMs);
    wider.line.set(this.line);
    wider.rssKib.set(this.rssKib);
    wider.virtualKib.set(this.virtualKib);
    wider.peakKib.set(this.peakKib);
    wider.arm.set(this.arm);
    wider.proof.set(this.proof);
    this.relay = wider.relay;
    this.atMs = wider.atMs;
    this.line = wider.line;
    this.rssKib = wider.rssKib;
    this.virtualKib = wider.virtualKib;
    this.peakKib = wider.peakKib;
    this.arm = wider.arm;
    this.proof = wider.proof;
    for (const [name, column] of this.figures) {
      const figures = new Float64Array(capacity).fill(Number.NaN);
      figures.set(column);
      this.figures.set(name, figures);
    }
  }

  /** Room for one more row at the end, with nothing measured in it. @returns its index */
  add(relay: number, atMs: number, line: number): number {
    const index = this.length;
    if (index === this.relay.length) this.#grow();
    this.relay[index] = relay;
    this.atMs[index] = atMs;
    this.line[index] = line;
    this.rssKib[index] = missingKib;
    this.virtualKib[index] = missingKib;
    this.peakKib[index] = missingKib;
    this.arm[index] = noArm;
    this.proof[index] = noProof;
    for (const column of this.figures.values()) column[index] = Number.NaN;
    this.length = index + 1;
    return index;
  }

  setFigure(index: number, name: FigureName, value: number): void {
    let column = this.figures.get(name);
    if (column === undefined) {
      column = new Float64Array(this.relay.length).fill(Number.NaN);
      this.figures.set(name, column);
    }
    column[index] = value;
  }

  clear(): void {
    this.length = 0;
    this.figures.clear();
  }
}

/** Whether two rows say the same, whatever their lines. */
export const isSameSample = (left: SampleRows, a: number, right: SampleRows, b: number): boolean =>
  left.rssKib[a] === right.rssKib[b] &&
  left.virtualKib[a] === right.virtualKib[b] &&
  left.peakKib[a] === right.peakKib[b] &&
  left.arm[a] === right.arm[b] &&
  left.proof[a] === right.proof[b] &&
  figureNames.every((name) =>
    Object.is(left.figures.get(name)?.[a] ?? Number.NaN, right.figures.get(name)?.[b] ?? Number.NaN),
  );

/**
 * Indices of the rows by relay, then by time; rows of one relay and instant stay in the order in which they came.
 * Linear where each relay's rows come in the order of time.
 * @param relays how many relays there are
 */
export const orderRows = (
  relay: Uint32Array,
  atMs: Float64Array,
  length: number,
  relays: number,
): { readonly order: Uint32Array; readonly starts: Uint32Array } => {
  const starts = new Uint32Array(relays + 1);
  for (let row = 0; row < length; row += 1) {
    const next = (relay[row] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let index = 1; index <= relays; index += 1) starts[index] = (starts[index] ?? 0) + (starts[index - 1] ?? 0);
  const at = starts.slice();
  const order = new Uint32Array(length);
  const last = new Float64Array(relays).fill(Number.NEGATIVE_INFINITY);
  const unordered = new Set<number>();
  for (let row = 0; row < length; row += 1) {
    const index = relay[row] ?? 0;
    const place = at[index] ?? 0;
    order[place] = row;
    at[index] = place + 1;
    const instant = atMs[row] ?? 0;
    if (instant < (last[index] ?? 0)) unordered.add(index);
    last[index] = instant;
  }
  for (const index of unordered)
    order.subarray(starts[index], starts[index + 1]).sort((a, b) => (atMs[a] ?? 0) - (atMs[b] ?? 0) || a - b);
  return { order, starts };
};
