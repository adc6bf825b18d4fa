// What the variables of a program began with, byte by byte, at the addresses that it was loaded to: what its file holds, and what the
// loader added (psABI x86-64, "Relocation Types"). Memory that still equals that was never written. Pure.
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { decodeRelocations, x86_64Relocations } from '@tearless/elf/relocation.ts';
import { type ElfSection, sectionFlags, sectionTypes } from '@tearless/elf/section.ts';
import { decodeSymbols, type ElfSymbol } from '@tearless/elf/symbol.ts';
import type { BoundImport } from '../process/read-imports.ts';

const copy = 5;
const globDat = 6;
const relative = 8;

interface Loaded {
  readonly section: ElfSection;
  readonly bytes: Uint8Array;
  /** Bytes of which it is not known what the loader made of them. */
  readonly unknown: Set<number>;
}

export interface InitialValues {
  /** Undefined for what lies in no writable section, or holds what the loader took from a library. */
  read(address: bigint, sizeBytes: number): Uint8Array | undefined;
}

/** @param base what was added to the program's addresses. @param imports as `readImports` has them */
export const readInitialValues = (
  linked: ElfFile,
  base: bigint,
  imports: ReadonlyMap<string, BoundImport>,
): InitialValues => {
  const loaded = linked.sections.filter(isVariable).map((section): Loaded => {
    const bytes = new Uint8Array(section.sizeBytes);
    if (section.type !== sectionTypes.noBits) bytes.set(linked.content(section));
    return { section, bytes, unknown: new Set() };
  });
  const find = (address: bigint): Loaded | undefined =>
    loaded.find(({ section, bytes }) => address >= section.address && address < section.address + BigInt(bytes.length));
  const dynamic = linked.sections.find(({ type }) => type === sectionTypes.dynamicSymbols);
  const strings = dynamic === undefined ? undefined : linked.sections[dynamic.link];
  const symbols =
    dynamic === undefined || strings === undefined
      ? []
      : decodeSymbols(linked.content(dynamic), linked.content(strings), true);
  for (const table of linked.sections) {
    if (table.type !== sectionTypes.rela || (table.flags & sectionFlags.alloc) === 0) continue;
    for (const { offset, type, symbol, addend } of decodeRelocations(linked.content(table), true)) {
      const there = find(BigInt(offset));
      if (there === undefined) continue;
      const at = Number(BigInt(offset) - there.section.address);
      const value = loadedValue(type, symbols[symbol], addend, base, imports);
      if (value !== undefined) new DataView(there.bytes.buffer).setBigUint64(at, value, true);
      else
        for (let byte = 0; byte < (type === copy ? (symbols[symbol]?.sizeBytes ?? 8) : 8); byte++)
          there.unknown.add(at + byte);
    }
  }
  return {
    read: (address, sizeBytes) => {
      const there = find(address);
      if (there === undefined) return undefined;
      const from = Number(address - there.section.address);
      for (const at of there.unknown) if (at >= from && at < from + sizeBytes) return undefined;
      return from + sizeBytes > there.bytes.length ? undefined : there.bytes.subarray(from, from + sizeBytes);
    },
  };
};

const isVariable = ({ flags, name }: ElfSection): boolean =>
  (flags & sectionFlags.write) !== 0 &&
  (flags & sectionFlags.alloc) !== 0 &&
  (flags & sectionFlags.tls) === 0 &&
  !name.startsWith('.data.rel.ro');

const loadedValue = (
  type: number,
  symbol: ElfSymbol | undefined,
  addend: bigint,
  base: bigint,
  imports: ReadonlyMap<string, BoundImport>,
): bigint | undefined => {
  if (type === relative) return base + addend;
  if (type !== x86_64Relocations.absolute64 && type !== globDat) return undefined;
  if (symbol === undefined) return undefined;
  const address = symbol.section === 0 ? imports.get(symbol.name)?.address : base + symbol.value;
  return address === undefined ? undefined : address + (type === globDat ? 0n : addend);
};
