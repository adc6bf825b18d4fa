// A program as its functions and objects, each with a name that holds from one version to the next, read from a relocatable file
// of the whole program (`ld -r --unique`, one section a function and an object). Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { decodeRelocations, type Relocation } from '@tearless/elf/relocation.ts';
import { type ElfSection, sectionFlags, sectionTypes } from '@tearless/elf/section.ts';
import type { ElfSymbol } from '@tearless/elf/symbol.ts';
import { nameLocals } from './local-names.ts';
import { isCode, isConstant, type Piece } from './piece.ts';
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
  /** The libraries that the linked program asks for, by their sonames. */
  readonly libraries: readonly string[];
}

const isPiece = ({ type, section }: ElfSymbol): boolean =>
  (type === 'function' || type === 'object' || type === 'indirect') && section > 0 && section < 0xff00;

/**
 * @param debug of the linked program: it knows what functions static variables stand in
 * @param linked its file, for the names of those variables
 */
export const readImage = (file: ElfFile, debug: DebugInfo, linked: ElfFile): ProgramImage => {
  const localNames = nameLocals(debug, linked);
  const functions = new Map<string, Piece>();
  const writable = new Map<string, Piece>();
  const constants = new Map<string, Piece>();
  const bySection = new Map<number, Piece[]>();
  const seen = new Map<string, number>();
  for (const symbol of file.symbols.filter(isPiece)) {
    const section = file.sections[symbol.section];
    if (section === undefined || (section.flags & sectionFlags.alloc) === 0) continue;
    const plain = symbol.binding === 'local' ? localNames(symbol) : symbol.name;
    // Two source files of one name may have a function of one name.
    const turn = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, turn);
    const key = turn === 1 ? plain : `${plain}#${turn}`;
    const offset = Number(symbol.value);
    const piece: Piece = { key, section, offset, sizeBytes: symbol.sizeBytes };
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
    libraries: listLibraries(linked),
  };
};

const neededTag = 1n;

/** As its dynamic section has them (System V gABI, "Dynamic Section"). */
const listLibraries = (linked: ElfFile): string[] => {
  const dynamic = linked.section('.dynamic');
  const strings = dynamic === undefined ? undefined : linked.sections[dynamic.link];
  if (dynamic === undefined || strings === undefined) return [];
  const [entries, names] = [Buffer.from(linked.content(dynamic)), Buffer.from(linked.content(strings))];
  const libraries: string[] = [];
  for (let at = 0; at + 16 <= entries.length; at += 16) {
    if (entries.readBigUInt64LE(at) !== neededTag) continue;
    const from = Number(entries.readBigUInt64LE(at + 8));
    libraries.push(names.toString('latin1', from, names.indexOf(0, from)));
  }
  return libraries;
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
