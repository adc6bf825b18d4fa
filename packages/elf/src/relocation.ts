// Relocations with addends: places in a section that depend on where symbols come to lie (System V gABI, "Relocation";
// psABI x86-64, "Relocation Types").
import { ElfError } from './error.ts';
import { elfReader } from './reader.ts';
import type { ElfSymbol } from './symbol.ts';

export interface Relocation {
  /** In the section that it changes. */
  readonly offset: number;
  /** A number of the machine's psABI: see `x86_64Relocations`. */
  readonly type: number;
  /** Index of its symbol. */
  readonly symbol: number;
  readonly addend: bigint;
}

export const x86_64Relocations = {
  none: 0,
  absolute64: 1,
  pc32: 2,
  got32: 3,
  plt32: 4,
  gotPcRel: 9,
  absolute32: 10,
  absolute32Signed: 11,
  /** Offset of a variable in the block that each thread has: what debug information says of it. */
  dtpOff64: 17,
  dtpOff32: 21,
  tpOff32: 23,
  pc64: 24,
  gotPcRelX: 41,
  rexGotPcRelX: 42,
} as const;

/** Bytes of a value that is a symbol's own plus the addend. */
const widths = new Map<number, 4 | 8>([
  [x86_64Relocations.absolute64, 8],
  [x86_64Relocations.dtpOff64, 8],
  [x86_64Relocations.absolute32, 4],
  [x86_64Relocations.absolute32Signed, 4],
  [x86_64Relocations.dtpOff32, 4],
]);

const entryBytes = 24;

/** Decodes a RELA section. @throws ElfError `elf-malformed` */
export const decodeRelocations = (table: Uint8Array, littleEndian: boolean): Relocation[] => {
  if (table.length % entryBytes !== 0)
    throw new ElfError('elf-malformed', table.length, `relocations of ${entryBytes} bytes have ${table.length}`);
  const reader = elfReader(table, littleEndian);
  return Array.from({ length: table.length / entryBytes }, (_, index) => {
    const at = index * entryBytes;
    const info = reader.big(at + 8);
    return {
      offset: reader.u64(at),
      type: Number(info & 0xffffffffn),
      symbol: Number(info >> 32n),
      addend: BigInt.asIntN(64, reader.big(at + 16)),
    };
  });
};

/**
 * A section of a relocatable x86-64 file as it reads with all sections at address 0: what debug sections need, whose
 * references to each other are relocations there. The content is not changed; a new one is made.
 * @throws ElfError `elf-malformed` for a symbol that is not there, `elf-unsupported` for a type that debug sections do not have
 */
export const applyAbsoluteRelocations = (
  content: Uint8Array,
  relocations: readonly Relocation[],
  symbols: readonly ElfSymbol[],
): Uint8Array => {
  // `slice` of a Buffer copies nothing.
  const bytes = new Uint8Array(content);
  const view = new DataView(bytes.buffer);
  for (const { offset, type, symbol, addend } of relocations) {
    if (type === x86_64Relocations.none) continue;
    const target = symbols[symbol];
    if (target === undefined) throw new ElfError('elf-malformed', offset, `a relocation names the symbol ${symbol}`);
    const width = widths.get(type);
    if (width === undefined)
      throw new ElfError('elf-unsupported', offset, `relocation type ${type} in a debug section`);
    if (offset + width > bytes.length)
      throw new ElfError('elf-malformed', offset, 'a relocation lies behind its section');
    const value = target.value + addend;
    if (width === 8) view.setBigUint64(offset, BigInt.asUintN(64, value), true);
    else view.setUint32(offset, Number(BigInt.asUintN(32, value)), true);
  }
  return bytes;
};
