// Where a process has libgcc's `__register_frame`, which tells the unwinder of code that is in no file: the program's own crash
// reports then name what is above it. Read out of the library's memory that nobody may write to. Pure.
import type { Mapping } from '../process/memory-map.ts';
import { baseOf } from '../process/memory-map.ts';

export interface UnwinderMemory {
  readonly mappings: readonly Mapping[];
  readCode(address: bigint, lengthBytes: number): Uint8Array;
}

const library = /\/libgcc_s[^/]*\.so[^/]*$/;
const tags = { strings: 5n, symbols: 6n, stringsBytes: 10n } as const;
const dynamicHeader = 2;
const symbolBytes = 24;
/** It has a few hundred. */
const mostSymbols = 4096;

const pathOf = (mappings: readonly Mapping[]): string | undefined =>
  mappings.find(({ path, isDeleted }) => !isDeleted && library.test(path))?.path;

/** What `findUnwinder` reads. */
export const unwinderRanges = (mappings: readonly Mapping[]): { address: bigint; lengthBytes: number }[] => {
  const path = pathOf(mappings);
  return mappings
    .filter((one) => one.path === path && path !== undefined && one.permissions.startsWith('r--'))
    .map(({ from, to }) => ({ address: from, lengthBytes: Number(to - from) }));
};

/** Its address; undefined where the process has not loaded it, or has another kind of it. */
export const findUnwinder = ({ mappings, readCode }: UnwinderMemory): bigint | undefined => {
  const path = pathOf(mappings);
  const base = path === undefined ? undefined : baseOf(mappings, path);
  if (base === undefined) return undefined;
  const ranges = unwinderRanges(mappings);
  const isReadable = (address: bigint, lengthBytes: number): boolean =>
    ranges.some(
      (one) => address >= one.address && address + BigInt(lengthBytes) <= one.address + BigInt(one.lengthBytes),
    );
  const read = (address: bigint, lengthBytes: number): Buffer | undefined =>
    isReadable(address, lengthBytes) ? Buffer.from(readCode(address, lengthBytes)) : undefined;
  const head = read(base, 64);
  const programs = head === undefined ? undefined : read(base + head.readBigUInt64LE(32), 56 * head.readUInt16LE(56));
  if (programs === undefined) return undefined;
  const found = new Map<bigint, bigint>();
  for (let at = 0; at + 56 <= programs.length; at += 56) {
    if (programs.readUInt32LE(at) !== dynamicHeader) continue;
    const dynamic = read(base + programs.readBigUInt64LE(at + 16), Number(programs.readBigUInt64LE(at + 40)));
    for (let entry = 0; dynamic !== undefined && entry + 16 <= dynamic.length; entry += 16)
      found.set(dynamic.readBigUInt64LE(entry), dynamic.readBigUInt64LE(entry + 8));
  }
  // The loader has made addresses of the offsets that the file has.
  const [symbolsAt, stringsAt, stringsBytes] = [
    found.get(tags.symbols),
    found.get(tags.strings),
    found.get(tags.stringsBytes),
  ];
  if (symbolsAt === undefined || stringsAt === undefined || stringsBytes === undefined) return undefined;
  const strings = read(stringsAt, Number(stringsBytes));
  // The strings stand behind the symbols, as linkers lay them out.
  const count = stringsAt > symbolsAt ? Number(stringsAt - symbolsAt) / symbolBytes : 0;
  const symbols = read(symbolsAt, Math.floor(Math.min(count, mostSymbols)) * symbolBytes);
  if (strings === undefined || symbols === undefined) return undefined;
  for (let at = 0; at + symbolBytes <= symbols.length; at += symbolBytes) {
    const nameAt = symbols.readUInt32LE(at);
    const name = strings.toString('latin1', nameAt, strings.indexOf(0, nameAt));
    if (name === '__register_frame' && symbols.readUInt16LE(at + 6) !== 0)
      return base + symbols.readBigUInt64LE(at + 8);
  }
  return undefined;
};
