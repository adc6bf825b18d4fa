// A program as its functions and objects, each with a name that holds from one version to the next, read from a relocatable file
// of the whole program (`ld -r --unique`, one section a function and an object). Pure.
import { findBuildId } from '@tearless/elf/build-id.ts';
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { decodeRelocations, type Relocation } from '@tearless/elf/relocation.ts';
import { type ElfSection, sectionFlags, sectionTypes } from '@tearless/elf/section.ts';
import { type Asked, readAsked } from './asked-names.ts';
import { isCode, isConstant, type Piece } from './piece.ts';
import { isPieceSymbol, keySymbols } from './symbol-keys.ts';
import { findTarget, type Target } from './target.ts';

export interface ProgramImage {
  readonly file: ElfFile;
  /** By key. Parts and clones that the compiler made of functions are among them, under the names that it gave them. */
  readonly functions: ReadonlyMap<string, Piece>;
  /** Variables: what the running program may have changed. */
  readonly writable: ReadonlyMap<string, Piece>;
  /** Constants that have a name. */
  readonly constants: ReadonlyMap<string, Piece>;
  /** Pieces of a section, by their offset. */
  readonly piecesIn: (section: number) => readonly Piece[];
  readonly relocationsOf: (section: number) => readonly Relocation[];
  readonly targetOf: (relocation: Relocation) => Target;
  /** Names that libraries have to bring. */
  readonly imports: ReadonlySet<string>;
  /** Of the linked program: where those names come from. */
  readonly asked: Asked;
  /** Of the linked program. */
  readonly buildId: string | undefined;
}

/**
 * @param debug of the linked program: it knows what functions static variables stand in
 * @param linked its file, for the names of those variables
 */
export const readImage = (file: ElfFile, debug: DebugInfo, linked: ElfFile): ProgramImage => {
  const keyOf = keySymbols(debug, linked);
  const functions = new Map<string, Piece>();
  const writable = new Map<string, Piece>();
  const constants = new Map<string, Piece>();
  const bySection = new Map<number, Piece[]>();
  for (const symbol of file.symbols.filter(isPieceSymbol)) {
    const section = file.sections[symbol.section];
    if (section === undefined || (section.flags & sectionFlags.alloc) === 0) continue;
    const key = keyOf(symbol);
    const offset = Number(symbol.value);
    const piece: Piece = { key, section, offset, sizeBytes: symbol.sizeBytes, isChooser: symbol.type === 'indirect' };
    const there = bySection.get(section.index);
    if (there === undefined) bySection.set(section.index, [piece]);
    else there.push(piece);
    if (isCode(section)) functions.set(key, piece);
    else (isConstant(section) ? constants : writable).set(key, piece);
  }
  for (const pieces of bySection.values()) pieces.sort((a, b) => a.offset - b.offset);
  const imports = file.symbols.filter(({ section, name }) => section === 0 && name !== '').map(({ name }) => name);
  const piecesIn = (section: number): readonly Piece[] => bySection.get(section) ?? [];
  return {
    file,
    functions,
    writable,
    constants,
    piecesIn,
    relocationsOf: relocationReader(file),
    targetOf: (relocation) => findTarget(file, piecesIn, relocation),
    imports: new Set(imports),
    asked: readAsked(linked),
    buildId: findBuildId(linked.bytes),
  };
};

const relocationReader = (file: ElfFile): ((section: number) => readonly Relocation[]) => {
  const tables = new Map<number, ElfSection>();
  for (const section of file.sections) if (section.type === sectionTypes.rela) tables.set(section.info, section);
  const read = new Map<number, readonly Relocation[]>();
  return (section) => {
    const known = read.get(section);
    if (known !== undefined) return known;
    const table = tables.get(section);
    const relocations =
      table === undefined ? [] : decodeRelocations(file.content(table), true).sort((a, b) => a.offset - b.offset);
    read.set(section, relocations);
    return relocations;
  };
};
