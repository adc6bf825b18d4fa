// A whole ELF64 file: its header, sections, and on request its symbols and the content of a section as it reads when linked.
import { decodeElfHeader, type ElfHeader } from './header.ts';
import { applyAbsoluteRelocations, decodeRelocations } from './relocation.ts';
import { decodeSections, type ElfSection, sectionContent, sectionTypes } from './section.ts';
import { decodeSymbols, type ElfSymbol } from './symbol.ts';

export const fileTypes = { relocatable: 1, executable: 2, shared: 3 } as const;

export class ElfFile {
  readonly bytes: Uint8Array;
  readonly header: ElfHeader;
  readonly sections: readonly ElfSection[];
  #symbols: readonly ElfSymbol[] | undefined;

  /** @throws ElfError for bytes that are no whole ELF64 file */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.header = decodeElfHeader(bytes);
    this.sections = decodeSections(bytes, this.header);
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** Inflated where it is compressed. */
  content(section: ElfSection): Uint8Array {
    return sectionContent(this.bytes, this.header, section);
  }

  /** Of the table that linkers use, or of the dynamic one where a file was stripped of that; empty without both. */
  get symbols(): readonly ElfSymbol[] {
    this.#symbols ??= this.#readSymbols();
    return this.#symbols;
  }

  /** The content of a section; in a relocatable file with what points into other sections filled in. Undefined without it. */
  linkedContent(name: string): Uint8Array | undefined {
    const section = this.section(name);
    if (section === undefined) return undefined;
    const content = this.content(section);
    if (this.header.type !== fileTypes.relocatable) return content;
    const rela = this.sections.find(({ type, info }) => type === sectionTypes.rela && info === section.index);
    if (rela === undefined) return content;
    const relocations = decodeRelocations(this.content(rela), this.header.littleEndian);
    return applyAbsoluteRelocations(content, relocations, this.symbols);
  }

  #readSymbols(): readonly ElfSymbol[] {
    const table =
      this.sections.find(({ type }) => type === sectionTypes.symbolTable) ??
      this.sections.find(({ type }) => type === sectionTypes.dynamicSymbols);
    const strings = table === undefined ? undefined : this.sections[table.link];
    if (table === undefined || strings === undefined) return [];
    return decodeSymbols(this.content(table), this.content(strings), this.header.littleEndian);
  }
}
