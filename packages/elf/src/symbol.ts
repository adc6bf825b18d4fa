// Symbol tables: names of functions and variables with their addresses (System V gABI, "Symbol Table").
import { ElfError } from './error.ts';
import { elfReader } from './reader.ts';

export type SymbolBinding = 'local' | 'global' | 'weak' | 'other';
export type SymbolType = 'none' | 'object' | 'function' | 'section' | 'file' | 'common' | 'tls' | 'indirect' | 'other';

export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  readonly binding: SymbolBinding;
  readonly type: SymbolType;
  /** An address in linked files, an offset in its section in relocatable ones. */
  readonly value: bigint;
  readonly sizeBytes: number;
  /** Index of its section; 0 is undefined, from 0xff00 on they have meanings of their own (0xfff1: absolute). */
  readonly section: number;
  /** The source file of a local symbol, as the FILE symbol before it says; null where there is none. */
  readonly file: string | null;
}

const entryBytes = 24;
const bindings: readonly SymbolBinding[] = ['local', 'global', 'weak'];
const types: readonly SymbolType[] = ['none', 'object', 'function', 'section', 'file', 'common', 'tls'];
const indirect = 10;

/**
 * Decodes a whole table (`.symtab`, `.dynsym`).
 * @param strings the content of the string table that it links to
 * @throws ElfError `elf-malformed` for a table that is no whole number of symbols or names outside the strings
 */
export const decodeSymbols = (table: Uint8Array, strings: Uint8Array, littleEndian: boolean): ElfSymbol[] => {
  if (table.length % entryBytes !== 0)
    throw new ElfError('elf-malformed', table.length, `a table of symbols of ${entryBytes} bytes has ${table.length}`);
  const reader = elfReader(table, littleEndian);
  const names = elfReader(strings, littleEndian);
  const symbols: ElfSymbol[] = [];
  let file: string | null = null;
  for (let index = 0; index * entryBytes < table.length; index++) {
    const at = index * entryBytes;
    const info = reader.u8(at + 4);
    const nameAt = reader.u32(at);
    const name = nameAt === 0 ? '' : names.string(nameAt);
    const binding = bindings[info >> 4] ?? 'other';
    const type = (info & 15) === indirect ? 'indirect' : (types[info & 15] ?? 'other');
    // The linker puts one with no name before the symbols that it made itself.
    if (type === 'file') file = name === '' ? null : name;
    symbols.push({
      index,
      name,
      binding,
      type,
      value: reader.big(at + 8),
      sizeBytes: Number(reader.big(at + 16)),
      section: reader.u16(at + 6),
      file: binding === 'local' ? file : null,
    });
  }
  return symbols;
};
