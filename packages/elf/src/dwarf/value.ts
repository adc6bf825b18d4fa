// Values of attributes, each in one of three dozen forms (DWARF 5, section 7.5.6).
import { ElfError } from '../error.ts';
import { form } from './constants.ts';
import { Cursor } from './cursor.ts';
import type { DebugSections } from './sections.ts';
import type { Unit } from './unit.ts';

/**
 * Numbers for constants, flags, and offsets; references are offsets in `.debug_info`. An address, which may need 64 bits, is a
 * bigint. Undefined: it stands in another file.
 */
export type AttributeValue = number | bigint | string | Uint8Array | undefined;

/** Where the tables of one unit begin (DWARF 5, section 3.1.1). */
export interface Bases {
  readonly stringOffsets: number;
  readonly addresses: number;
  readonly rangeLists: number;
}

const indexed = (table: Uint8Array, at: number, bytes: 4 | 8): number => new Cursor(table, at).offset(bytes);

export const addressAt = ({ addresses }: DebugSections, bases: Bases, unit: Unit, index: number): bigint => {
  const cursor = new Cursor(addresses, bases.addresses + index * unit.addressBytes);
  return unit.addressBytes === 8 ? cursor.u64() : BigInt(cursor.u32());
};

const indexBytes = new Map<number, number>([
  [form.strx1, 1],
  [form.strx2, 2],
  [form.strx3, 3],
  [form.strx4, 4],
  [form.addrx1, 1],
  [form.addrx2, 2],
  [form.addrx3, 3],
  [form.addrx4, 4],
]);

/** Passes a value that is an index into a table whose base is not known yet. @returns false for a value of another form */
export const skipIndex = (cursor: Cursor, shape: number): boolean => {
  const bytes = indexBytes.get(shape);
  if (bytes !== undefined) cursor.skip(bytes);
  else if (shape === form.strx || shape === form.addrx) cursor.uleb();
  else return false;
  return true;
};

/** Reads one value and moves on. @throws ElfError `elf-unsupported` for an unknown form */
export const readValue = (
  cursor: Cursor,
  shape: number,
  implicit: number,
  unit: Unit,
  sections: DebugSections,
  bases: Bases,
): AttributeValue => {
  const string = (index: number): string => {
    const at = bases.stringOffsets + index * unit.offsetBytes;
    return sections.strings.at(indexed(sections.stringOffsets, at, unit.offsetBytes));
  };
  switch (shape) {
    case form.strp:
      return sections.strings.at(cursor.offset(unit.offsetBytes));
    case form.ref4:
      return unit.offset + cursor.u32();
    case form.data1:
    case form.flag:
      return cursor.u8();
    case form.data2:
      return cursor.u16();
    case form.data4:
      return cursor.u32();
    case form.data8: {
      const value = cursor.u64();
      return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
    }
    case form.implicitConst:
      return implicit;
    case form.flagPresent:
      return 1;
    case form.sdata:
      return cursor.sleb();
    case form.udata:
      return cursor.uleb();
    case form.string:
      return cursor.string();
    case form.lineStrp:
      return sections.lineStrings.at(cursor.offset(unit.offsetBytes));
    case form.addr:
      return unit.addressBytes === 8 ? cursor.u64() : BigInt(cursor.u32());
    case form.secOffset:
      return cursor.offset(unit.offsetBytes);
    case form.exprloc:
    case form.block:
      return cursor.block(cursor.uleb());
    case form.block1:
      return cursor.block(cursor.u8());
    case form.block2:
      return cursor.block(cursor.u16());
    case form.block4:
      return cursor.block(cursor.u32());
    case form.ref1:
      return unit.offset + cursor.u8();
    case form.ref2:
      return unit.offset + cursor.u16();
    case form.ref8:
      return unit.offset + cursor.offset(8);
    case form.refUdata:
      return unit.offset + cursor.uleb();
    case form.refAddr:
      return cursor.offset(unit.offsetBytes);
    case form.data16:
      return cursor.block(16);
    case form.strx:
      return string(cursor.uleb());
    case form.strx1:
      return string(cursor.u8());
    case form.strx2:
      return string(cursor.u16());
    case form.strx3:
      return string(cursor.u24());
    case form.strx4:
      return string(cursor.u32());
    case form.addrx:
      return addressAt(sections, bases, unit, cursor.uleb());
    case form.addrx1:
      return addressAt(sections, bases, unit, cursor.u8());
    case form.addrx2:
      return addressAt(sections, bases, unit, cursor.u16());
    case form.addrx3:
      return addressAt(sections, bases, unit, cursor.u24());
    case form.addrx4:
      return addressAt(sections, bases, unit, cursor.u32());
    case form.loclistx:
    case form.rnglistx:
      return cursor.uleb();
    case form.refSig8:
    case form.refSup8:
      cursor.skip(8);
      return undefined;
    case form.refSup4:
      cursor.skip(4);
      return undefined;
    case form.strpSup:
      cursor.skip(unit.offsetBytes);
      return undefined;
    case form.indirect:
      return readValue(cursor, cursor.uleb(), 0, unit, sections, bases);
    default:
      throw new ElfError('elf-unsupported', cursor.at, `the form 0x${shape.toString(16)} is unknown`);
  }
};
