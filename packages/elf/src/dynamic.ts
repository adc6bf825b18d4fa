// What a linked program or library asks of others and brings to them, as its loader sees it, whether it lies in a file or has been
// loaded (System V gABI, "Dynamic Section").
import type { ElfFile } from './elf-file.ts';
import { decodeElfHeader } from './header.ts';
import { decodeProgramHeaders, segmentTypes } from './program-header.ts';
import { elfReader } from './reader.ts';
import { sectionTypes } from './section.ts';
import { decodeSymbols, type ElfSymbol } from './symbol.ts';
import { decodeVersions, type SymbolVersion } from './symbol-version.ts';

export interface DynamicSymbol extends ElfSymbol {
  /** Undefined where it has none. */
  readonly version: SymbolVersion | undefined;
}

export interface DynamicInfo {
  readonly soname: string | undefined;
  /** The libraries that it asks for, by their SONAMEs. */
  readonly libraries: readonly string[];
  readonly symbols: readonly DynamicSymbol[];
}

interface Tables {
  readonly entries: Uint8Array;
  readonly strings: Uint8Array;
  readonly symbols: Uint8Array;
  readonly versionIndexes: Uint8Array | undefined;
  readonly versionDefinitions: Uint8Array | undefined;
  readonly versionNeeds: Uint8Array | undefined;
}

const tags = {
  needed: 1,
  hash: 4,
  strings: 5,
  symbols: 6,
  stringsBytes: 10,
  soname: 14,
  gnuHash: 0x6ffffef5,
  versionIndexes: 0x6ffffff0,
  versionDefinitions: 0x6ffffffc,
  versionNeeds: 0x6ffffffe,
} as const;
const entryBytes = 16;
const symbolBytes = 24;

/** Undefined for a file that asks nothing of a loader. @throws ElfError */
export const readDynamic = (file: ElfFile): DynamicInfo | undefined => {
  const content = (type: number): Uint8Array | undefined => {
    const section = file.sections.find((one) => one.type === type);
    return section === undefined ? undefined : file.content(section);
  };
  const symbolTable = file.sections.find(({ type }) => type === sectionTypes.dynamicSymbols);
  const stringTable = symbolTable === undefined ? undefined : file.sections[symbolTable.link];
  const entries = content(sectionTypes.dynamic);
  if (symbolTable === undefined || stringTable === undefined || entries === undefined) return undefined;
  return decode(
    {
      entries,
      strings: file.content(stringTable),
      symbols: file.content(symbolTable),
      versionIndexes: content(sectionTypes.versionIndexes),
      versionDefinitions: content(sectionTypes.versionDefinitions),
      versionNeeds: content(sectionTypes.versionNeeds),
    },
    file.header.littleEndian,
  );
};

/** A library that was loaded, as much of it as may be read. */
export interface LoadedImage {
  /** What was added to its addresses. */
  readonly base: bigint;
  /** From an address on as many bytes, or all that can be read behind it; undefined where that is not there. */
  read(address: bigint, lengthBytes?: number): Uint8Array | undefined;
}

/**
 * The same of a library in the memory of a process, little-endian. Undefined where not all that it takes can be read.
 * @throws ElfError for what is no library
 */
export const readLoadedDynamic = ({ base, read }: LoadedImage): DynamicInfo | undefined => {
  const head = read(base);
  if (head === undefined) return undefined;
  const segment = decodeProgramHeaders(head, decodeElfHeader(head)).find(({ type }) => type === segmentTypes.dynamic);
  const entries = segment === undefined ? undefined : read(base + segment.virtualAddress, Number(segment.memoryBytes));
  if (entries === undefined) return undefined;
  const values = new Map(listEntries(entries, true));
  const table = (tag: number, lengthBytes?: number): Uint8Array | undefined => {
    const value = values.get(tag);
    // Most loaders make addresses of the offsets that the file has.
    return value === undefined ? undefined : read(value < base ? base + value : value, lengthBytes);
  };
  const count = countSymbols(table(tags.gnuHash), table(tags.hash));
  const strings = table(tags.strings, Number(values.get(tags.stringsBytes) ?? 0n));
  const symbols = count === undefined ? undefined : table(tags.symbols, count * symbolBytes);
  if (strings === undefined || symbols === undefined) return undefined;
  return decode(
    {
      entries,
      strings,
      symbols,
      versionIndexes: table(tags.versionIndexes),
      versionDefinitions: table(tags.versionDefinitions),
      versionNeeds: table(tags.versionNeeds),
    },
    true,
  );
};

const listEntries = (entries: Uint8Array, littleEndian: boolean): [tag: number, value: bigint][] => {
  const reader = elfReader(entries, littleEndian);
  const list: [number, bigint][] = [];
  for (let at = 0; at + entryBytes <= entries.length; at += entryBytes) {
    const tag = reader.big(at);
    if (tag === 0n) break;
    list.push([Number(tag), reader.big(at + 8)]);
  }
  return list;
};

const decode = (tables: Tables, littleEndian: boolean): DynamicInfo => {
  const { entries, strings, versionIndexes } = tables;
  const names = elfReader(strings, littleEndian);
  const named = (wanted: number): string[] =>
    listEntries(entries, littleEndian).flatMap(([tag, value]) => (tag === wanted ? [names.string(Number(value))] : []));
  const versionOf =
    versionIndexes === undefined
      ? () => undefined
      : decodeVersions(
          {
            indexes: versionIndexes,
            definitions: tables.versionDefinitions,
            needs: tables.versionNeeds,
            strings,
          },
          littleEndian,
        );
  return {
    soname: named(tags.soname)[0],
    libraries: named(tags.needed),
    symbols: decodeSymbols(tables.symbols, strings, littleEndian).map((symbol) => ({
      ...symbol,
      version: versionOf(symbol.index),
    })),
  };
};

/** Nothing says how many symbols there are but the tables by which they are looked up. */
const countSymbols = (gnuHash: Uint8Array | undefined, hash: Uint8Array | undefined): number | undefined => {
  if (gnuHash === undefined) return hash === undefined ? undefined : elfReader(hash, true).u32(4);
  const reader = elfReader(gnuHash, true);
  const [bucketCount, first, bloomCount] = [reader.u32(0), reader.u32(4), reader.u32(8)];
  const bucketsAt = 16 + 8 * bloomCount;
  let last = 0;
  for (let bucket = 0; bucket < bucketCount; bucket++) last = Math.max(last, reader.u32(bucketsAt + 4 * bucket));
  if (last < first) return first;
  const chainsAt = bucketsAt + 4 * bucketCount;
  while ((reader.u32(chainsAt + 4 * (last - first)) & 1) === 0) last += 1;
  return last + 1;
};
