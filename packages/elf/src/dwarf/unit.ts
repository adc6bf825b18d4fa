// Units: what the compiler made of one source file, and parts that several of those share (DWARF 5, section 7.5.1).
import { ElfError } from '../error.ts';
import { type Abbreviation, decodeAbbreviations } from './abbreviation.ts';
import { unitType } from './constants.ts';
import { Cursor } from './cursor.ts';
import type { DebugSections } from './sections.ts';

export interface Unit {
  /** Where its header stands in `.debug_info`. */
  readonly offset: number;
  /** Where its first entry stands. */
  readonly entries: number;
  readonly end: number;
  readonly version: number;
  /** 8 in the 64-bit format of DWARF. */
  readonly offsetBytes: 4 | 8;
  readonly addressBytes: number;
  readonly abbreviations: readonly (Abbreviation | undefined)[];
}

const longFormat = 0xffffffff;

/** @throws ElfError `elf-unsupported` for versions other than 4 and 5, `elf-truncated`, `elf-malformed` */
export const listUnits = ({ info, abbrev }: DebugSections): Unit[] => {
  const cursor = new Cursor(info);
  const tables = new Map<number, readonly (Abbreviation | undefined)[]>();
  const tableAt = (offset: number): readonly (Abbreviation | undefined)[] => {
    const known = tables.get(offset);
    if (known !== undefined) return known;
    const table = decodeAbbreviations(new Cursor(abbrev, offset));
    tables.set(offset, table);
    return table;
  };
  const units: Unit[] = [];
  while (cursor.at < info.length) {
    const offset = cursor.at;
    const first = cursor.u32();
    const offsetBytes = first === longFormat ? 8 : 4;
    const end = (first === longFormat ? cursor.offset(8) : first) + cursor.at;
    if (end > info.length) throw new ElfError('elf-truncated', offset, 'a unit reaches beyond the debug information');
    const version = cursor.u16();
    if (version !== 4 && version !== 5)
      throw new ElfError('elf-unsupported', offset, `DWARF ${version}; compile with -gdwarf-5 or -gdwarf-4`);
    const kind = version === 5 ? cursor.u8() : unitType.compile;
    const addressBytes = version === 5 ? cursor.u8() : 0;
    const table = tableAt(cursor.offset(offsetBytes));
    const unit = { offset, end, version, offsetBytes, abbreviations: table } as const;
    const width = version === 5 ? addressBytes : cursor.u8();
    // A skeleton's id; a type's signature and place.
    if (kind === unitType.skeleton || kind === unitType.splitCompile) cursor.skip(8);
    if (kind === unitType.type || kind === unitType.splitType) cursor.skip(8 + offsetBytes);
    units.push({ ...unit, addressBytes: width, entries: cursor.at });
    cursor.at = end;
  }
  return units;
};
