// Section headers: the named parts of a file that linkers and debuggers know (System V gABI, "Sections").
import { inflateSync } from 'node:zlib';
import { ElfError } from './error.ts';
import type { ElfHeader } from './header.ts';
import { readerFor } from './header.ts';

export const sectionTypes = {
  symbolTable: 2,
  stringTable: 3,
  rela: 4,
  dynamic: 6,
  noBits: 8,
  dynamicSymbols: 11,
  versionDefinitions: 0x6ffffffd,
  versionNeeds: 0x6ffffffe,
  versionIndexes: 0x6fffffff,
} as const;
export const sectionFlags = { write: 1, alloc: 2, execute: 4, compressed: 0x800, tls: 0x400 } as const;

/** From here on, numbers of sections stand for something else: values that are no addresses (`SHN_LORESERVE`). */
export const firstReservedSection = 0xff00;

export interface ElfSection {
  /** Its place in the table: what symbols and relocations name it by. */
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: bigint;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Another section that belongs to it: the strings of a symbol table, the symbols of relocations. */
  readonly link: number;
  /** Of relocations: the section that they change. */
  readonly info: number;
  readonly alignBytes: number;
  readonly entryBytes: number;
}

const headerBytes = 64;
const zlib = 1;
/** No section of a program that people run is larger once it is inflated. */
const mostInflatedBytes = 2 ** 31;

/** @throws ElfError `elf-truncated`, `elf-malformed` */
export const decodeSections = (bytes: Uint8Array, header: ElfHeader): ElfSection[] => {
  const reader = readerFor(bytes, header);
  const { offset, entryBytes } = header.sectionHeaders;
  if (offset === 0) return [];
  if (entryBytes < headerBytes)
    throw new ElfError('elf-malformed', 58, `a section header has ${headerBytes} bytes, not ${entryBytes}`);
  // With very many sections the true numbers stand in the first header.
  const count = header.sectionHeaders.count === 0 ? reader.u64(offset + 32) : header.sectionHeaders.count;
  const namesIndex = reader.u16(62) === 0xffff ? reader.u32(offset + 40) : reader.u16(62);
  if (namesIndex >= count) throw new ElfError('elf-malformed', 62, `there is no section ${namesIndex} with names`);
  const namesAt = reader.u64(offset + namesIndex * entryBytes + 24);
  return Array.from({ length: count }, (_, index) => {
    const at = offset + index * entryBytes;
    return {
      index,
      name: index === 0 ? '' : reader.string(namesAt + reader.u32(at)),
      type: reader.u32(at + 4),
      flags: reader.u64(at + 8),
      address: reader.big(at + 16),
      offset: reader.u64(at + 24),
      sizeBytes: reader.u64(at + 32),
      link: reader.u32(at + 40),
      info: reader.u32(at + 44),
      alignBytes: reader.u64(at + 48),
      entryBytes: reader.u64(at + 56),
    };
  });
};

/**
 * The bytes of a section, inflated where they are compressed; empty for one that has none in the file.
 * @throws ElfError `elf-truncated`, `elf-malformed`, `elf-unsupported` for another compression than zlib's
 */
export const sectionContent = (bytes: Uint8Array, header: ElfHeader, section: ElfSection): Uint8Array => {
  const { type, flags, offset, sizeBytes } = section;
  if (type === sectionTypes.noBits || sizeBytes === 0) return new Uint8Array(0);
  const reader = readerFor(bytes, header);
  const content = reader.bytes(offset, sizeBytes);
  if ((flags & sectionFlags.compressed) === 0) return content;
  const method = reader.u32(offset);
  if (method !== zlib)
    throw new ElfError('elf-unsupported', offset, `compression ${method} of ${section.name} is unknown`);
  const inflatedBytes = reader.u64(offset + 8);
  try {
    const inflated = inflateSync(content.subarray(24), { maxOutputLength: Math.min(inflatedBytes, mostInflatedBytes) });
    if (inflated.length === inflatedBytes) return inflated;
  } catch {
    // Said below: zlib's own words name neither section nor offset.
  }
  throw new ElfError('elf-malformed', offset, `${section.name} does not inflate to ${inflatedBytes} bytes`);
};
