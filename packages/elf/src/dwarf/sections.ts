// The debug sections of a file, found and made ready to be read; strings are remembered, since thousands of entries share them.
import type { ElfFile } from '../elf-file.ts';
import { ElfError } from '../error.ts';
import { Cursor } from './cursor.ts';

export class StringTable {
  readonly #cursor: Cursor;
  readonly #known = new Map<number, string>();

  constructor(bytes: Uint8Array) {
    this.#cursor = new Cursor(bytes);
  }

  /** @throws ElfError `elf-truncated` */
  at(offset: number): string {
    const known = this.#known.get(offset);
    if (known !== undefined) return known;
    this.#cursor.at = offset;
    const text = this.#cursor.string();
    this.#known.set(offset, text);
    return text;
  }
}

export interface DebugSections {
  readonly info: Uint8Array;
  readonly abbrev: Uint8Array;
  readonly strings: StringTable;
  readonly lineStrings: StringTable;
  /** `.debug_str_offsets`, `.debug_addr`, `.debug_rnglists` (DWARF 5), `.debug_ranges` (DWARF 4); empty where there is none. */
  readonly stringOffsets: Uint8Array;
  readonly addresses: Uint8Array;
  readonly rangeLists: Uint8Array;
  readonly ranges: Uint8Array;
}

const empty = new Uint8Array(0);

/**
 * Undefined for a file without debug information.
 * @throws ElfError `elf-unsupported` for big-endian files, and as ElfFile
 */
export const findDebugSections = (file: ElfFile): DebugSections | undefined => {
  const info = file.linkedContent('.debug_info');
  const abbrev = file.linkedContent('.debug_abbrev');
  if (info === undefined || abbrev === undefined) return undefined;
  if (!file.header.littleEndian) throw new ElfError('elf-unsupported', 5, 'debug information of a big-endian machine');
  const content = (name: string): Uint8Array => file.linkedContent(name) ?? empty;
  return {
    info,
    abbrev,
    strings: new StringTable(content('.debug_str')),
    lineStrings: new StringTable(content('.debug_line_str')),
    stringOffsets: content('.debug_str_offsets'),
    addresses: content('.debug_addr'),
    rangeLists: content('.debug_rnglists'),
    ranges: content('.debug_ranges'),
  };
};
