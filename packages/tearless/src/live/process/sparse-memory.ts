// Pieces of a process's memory that were read beforehand. Pure.
import { LiveError } from '../live-error.ts';

export interface MemoryRange {
  readonly address: bigint;
  readonly lengthBytes: number;
}

/** Ranges that lie as near to each other as this are read as one. */
const nearBytes = 64n;

/** In ascending order, apart from each other. */
export const mergeRanges = (ranges: readonly MemoryRange[]): MemoryRange[] => {
  const merged: MemoryRange[] = [];
  for (const range of [...ranges].sort((a, b) => (a.address < b.address ? -1 : 1))) {
    const last = merged.at(-1);
    const end = last === undefined ? -1n : last.address + BigInt(last.lengthBytes);
    if (last === undefined || range.address > end + nearBytes) merged.push(range);
    else {
      const furthest = range.address + BigInt(range.lengthBytes);
      const to = furthest > end ? furthest : end;
      merged[merged.length - 1] = { address: last.address, lengthBytes: Number(to - last.address) };
    }
  }
  return merged;
};

export class SparseMemory {
  readonly #ranges: readonly MemoryRange[];
  readonly #pieces: readonly Uint8Array[];

  /** @param ranges as `mergeRanges` gives them @param bytes theirs, one after the other */
  constructor(ranges: readonly MemoryRange[], bytes: Uint8Array) {
    let at = 0;
    this.#ranges = ranges;
    this.#pieces = ranges.map(({ lengthBytes }) => {
      at += lengthBytes;
      return bytes.subarray(at - lengthBytes, at);
    });
  }

  /** @throws LiveError `live-memory-unread` */
  read(address: bigint, lengthBytes: number): Uint8Array {
    let [low, high] = [0, this.#ranges.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle];
      if (range === undefined) break;
      if (address < range.address) high = middle - 1;
      else if (address >= range.address + BigInt(range.lengthBytes)) low = middle + 1;
      else {
        const from = Number(address - range.address);
        if (from + lengthBytes > range.lengthBytes) break;
        return (this.#pieces[middle] ?? new Uint8Array()).slice(from, from + lengthBytes);
      }
    }
    throw new LiveError({
      kind: 'bug',
      code: 'live-memory-unread',
      message: `memory at ${address.toString(16)} is needed and was not read`,
    });
  }
}
