// Where the code of a function lies: one piece, or several (DWARF 5, sections 2.17 and 7.25; DWARF 4, section 2.17.3).
import { ElfError } from '../error.ts';
import { at } from './constants.ts';
import { Cursor } from './cursor.ts';
import type { Entry } from './entry.ts';
import type { DebugSections } from './sections.ts';
import type { Unit } from './unit.ts';
import { addressAt, type Bases } from './value.ts';

type Range = readonly [from: bigint, to: bigint];

const listEntry = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

/** @throws ElfError `elf-truncated`, `elf-unsupported` */
export const readRanges = (entry: Entry, unit: Unit, bases: Bases, sections: DebugSections): Range[] => {
  const low = entry.get(at.lowPc);
  const high = entry.get(at.highPc);
  if (typeof low === 'bigint' && high !== undefined) {
    // An address, or how far from the low one.
    const end = typeof high === 'bigint' ? high : low + BigInt(Number(high));
    return end > low ? [[low, end]] : [];
  }
  const list = entry.number(at.ranges);
  if (list === undefined) return [];
  const base = baseOf(entry);
  return unit.version === 5 ? readList(list, base, unit, bases, sections) : readOldList(list, base, unit, sections);
};

/** Ranges count from the low address of their unit. */
const baseOf = (entry: Entry): bigint => {
  let unit = entry;
  while (unit.parent !== undefined) unit = unit.parent;
  const low = unit.get(at.lowPc);
  return typeof low === 'bigint' ? low : 0n;
};

const readList = (list: number, start: bigint, unit: Unit, bases: Bases, sections: DebugSections): Range[] => {
  // With a base in the unit, `list` is an index into the offsets behind it.
  const cursor = new Cursor(sections.rangeLists);
  cursor.at = list;
  if (bases.rangeLists > 0 && list < bases.rangeLists) {
    cursor.at = bases.rangeLists + list * unit.offsetBytes;
    cursor.at = bases.rangeLists + cursor.offset(unit.offsetBytes);
  }
  const address = (): bigint => (unit.addressBytes === 8 ? cursor.u64() : BigInt(cursor.u32()));
  const indexed = (): bigint => addressAt(sections, bases, unit, cursor.uleb());
  const length = (): bigint => BigInt(cursor.uleb());
  const ranges: Range[] = [];
  let base = start;
  const add = (from: bigint, to: bigint): void => {
    if (to > from) ranges.push([from, to]);
  };
  for (;;) {
    const kind = cursor.u8();
    if (kind === listEntry.endOfList) return ranges;
    if (kind === listEntry.baseAddressx) base = indexed();
    else if (kind === listEntry.baseAddress) base = address();
    else if (kind === listEntry.offsetPair) add(base + length(), base + length());
    else if (kind === listEntry.startEnd) add(address(), address());
    else if (kind === listEntry.startxEndx) add(indexed(), indexed());
    else if (kind === listEntry.startLength || kind === listEntry.startxLength) {
      const from = kind === listEntry.startLength ? address() : indexed();
      add(from, from + length());
    } else throw new ElfError('elf-unsupported', cursor.at - 1, `an entry ${kind} in a list of ranges`);
  }
};

const readOldList = (list: number, start: bigint, unit: Unit, sections: DebugSections): Range[] => {
  const cursor = new Cursor(sections.ranges, list);
  const isWide = unit.addressBytes === 8;
  const address = (): bigint => (isWide ? cursor.u64() : BigInt(cursor.u32()));
  const highest = isWide ? 2n ** 64n - 1n : 2n ** 32n - 1n;
  const ranges: Range[] = [];
  let base = start;
  for (;;) {
    const from = address();
    const to = address();
    if (from === 0n && to === 0n) return ranges;
    if (from === highest) base = to;
    else if (to > from) ranges.push([base + from, base + to]);
  }
};
