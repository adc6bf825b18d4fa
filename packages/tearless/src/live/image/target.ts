// Where a relocation leads: a piece of the program, nameless data, a string, or a library. Pure.
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { type Relocation, x86_64Relocations } from '@tearless/elf/relocation.ts';
import type { ElfSection } from '@tearless/elf/section.ts';
import type { Piece } from './piece.ts';

export type Target = { /** From the beginning of what it leads to. */ readonly within: number } & (
  | { readonly kind: 'piece'; readonly piece: Piece }
  /** Data that has no name: strings, tables of jumps, constants of the compiler. `within` counts from the section's beginning. */
  | { readonly kind: 'nameless'; readonly section: ElfSection }
  | { readonly kind: 'import'; readonly name: string }
);

const { pc32, plt32, gotPcRel, gotPcRelX, rexGotPcRelX } = x86_64Relocations;
const fromGot: ReadonlySet<number> = new Set([gotPcRel, gotPcRelX, rexGotPcRelX]);

/** Fields that count from their own end, which is nearly always the instruction's. */
const relative: ReadonlySet<number> = new Set([pc32, plt32, ...fromGot]);
const fieldBytes = 4n;

export const isRelative = (type: number): boolean => relative.has(type);

/** Through a slot that holds the address. */
export const isFromGot = (type: number): boolean => fromGot.has(type);

/** @throws Bug never: what a damaged file says leads to an import without a name */
export const findTarget = (
  file: ElfFile,
  piecesIn: (section: number) => readonly Piece[],
  { symbol: index, type, addend }: Relocation,
): Target => {
  const symbol = file.symbols[index];
  const shift = relative.has(type) ? fieldBytes : 0n;
  const section = symbol === undefined ? undefined : file.sections[symbol.section];
  if (symbol === undefined || section === undefined || symbol.section === 0)
    return { kind: 'import', name: symbol?.name ?? '', within: Number(addend + shift) };
  const offset = Number(symbol.value + addend + shift);
  const piece = pieceAt(piecesIn(section.index), offset);
  if (piece === undefined) return { kind: 'nameless', section, within: offset };
  return { kind: 'piece', piece, within: offset - piece.offset };
};

const pieceAt = (pieces: readonly Piece[], offset: number): Piece | undefined => {
  let found: Piece | undefined;
  for (const piece of pieces) if (piece.offset <= offset) found = piece;
  return found ?? pieces[0];
};
