// What code and data refer to, in words that hold from one version to the next: a function or variable by its key, a string or a
// constant by what it says. Pure.

import type { Relocation } from '@tearless/elf/relocation.ts';
import { x86_64Relocations } from '@tearless/elf/relocation.ts';
import { type ElfSection, sectionFlags } from '@tearless/elf/section.ts';
import { sha256Hex } from '../../base/json.ts';
import { isCode, isConstant, isStrings, type Piece } from './piece.ts';
import type { ProgramImage } from './program-image.ts';

export const widthOf = (type: number): number =>
  type === x86_64Relocations.absolute64 || type === x86_64Relocations.pc64
    ? 8
    : type === x86_64Relocations.none
      ? 0
      : 4;

export interface Reference {
  readonly offset: number;
  readonly type: number;
  readonly to: string;
}

/** Whether two pieces say and refer to the same. */
export const isEqual = (a: Contents, b: Contents): boolean =>
  Buffer.compare(a.bytes, b.bytes) === 0 &&
  a.references.length === b.references.length &&
  a.references.every(({ offset, to }, index) => {
    const other = b.references[index];
    return other?.offset === offset && other.to === to;
  });

export interface Contents {
  /** The bytes, with nulls where references stand. */
  readonly bytes: Uint8Array;
  /** By offset. */
  readonly references: readonly Reference[];
}

type Extent = Pick<Piece, 'section' | 'offset' | 'sizeBytes'>;

export class ReferenceReader {
  readonly #image: ProgramImage;
  readonly #constants = new Map<string, string>();
  readonly #sections = new Map<number, Uint8Array>();

  constructor(image: ProgramImage) {
    this.#image = image;
  }

  /** A piece as it can be compared with that of another version. */
  read(piece: Piece): Contents {
    return this.#range(piece, (relocation) => this.#target(relocation, piece.key));
  }

  #range({ section, offset: from, sizeBytes }: Extent, nameTarget: (relocation: Relocation) => string): Contents {
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(this.#content(section).subarray(from, from + sizeBytes));
    const references: Reference[] = [];
    for (const relocation of this.#image.relocationsOf(section.index)) {
      const offset = relocation.offset - from;
      if (offset < 0 || offset >= sizeBytes || relocation.type === x86_64Relocations.none) continue;
      bytes.fill(0, offset, offset + widthOf(relocation.type));
      references.push({ offset, type: relocation.type, to: nameTarget(relocation) });
    }
    return { bytes, references };
  }

  #content(section: ElfSection): Uint8Array {
    const known = this.#sections.get(section.index);
    if (known !== undefined) return known;
    const content = this.#image.file.content(section);
    this.#sections.set(section.index, content);
    return content;
  }

  /** @param nameConstant what a constant goes by; its contents, unless told */
  #target(
    relocation: Relocation,
    self: string,
    nameConstant = (constant: Extent): string => this.#constant(constant),
  ): string {
    const target = this.#image.targetOf(relocation);
    const { within } = target;
    // What a library brings is another than what the program has by the same name.
    if (target.kind === 'import') return `library ${target.name}+${within}`;
    if (target.kind === 'nameless') {
      const { section } = target;
      if (isStrings(section)) return JSON.stringify(this.#string(section, within));
      // Each has a place of its own in the block of a thread; its content says nothing of which it is.
      if ((section.flags & sectionFlags.tls) !== 0) return `of each thread ${section.name}+${within}`;
      return `${nameConstant({ section, offset: 0, sizeBytes: section.sizeBytes })}+${within}`;
    }
    const { piece } = target;
    if (piece.key === self) return `itself+${within}`;
    if (isConstant(piece.section) && !isCode(piece.section)) return `${nameConstant(piece)}+${within}`;
    return `${piece.key}+${within}`;
  }

  /** Up to its null, which is as wide as its letters are. */
  #string(section: ElfSection, offset: number): string {
    const content = this.#content(section);
    const [begin, width] = [Math.max(0, offset), Math.max(1, section.entryBytes)];
    let end = begin;
    while (end < content.length && content.subarray(end, end + width).some((byte) => byte !== 0)) end += width;
    return Buffer.from(content.subarray(begin, end)).toString('latin1');
  }

  /** A constant is what it holds, and what all constants hold that it leads to: each goes by its turn, since some lead back. */
  #constant(first: Extent): string {
    const placeOf = ({ section, offset }: Extent): string => `${section.index} ${offset}`;
    const known = this.#constants.get(placeOf(first));
    if (known !== undefined) return known;
    const turns = new Map([[placeOf(first), 0]]);
    const found = [first];
    const nameConstant = (constant: Extent): string => {
      const place = placeOf(constant);
      const turn = turns.get(place) ?? found.push(constant) - 1;
      turns.set(place, turn);
      return `constant ${turn}`;
    };
    const said: string[] = [];
    for (const constant of found) {
      const { bytes, references } = this.#range(constant, (relocation) => this.#target(relocation, '', nameConstant));
      said.push(Buffer.from(bytes).toString('latin1'), ...references.map(({ offset, to }) => `${offset} ${to}`));
    }
    const name = `constant ${sha256Hex(said.join('\n')).slice(0, 24)}`;
    this.#constants.set(placeOf(first), name);
    return name;
  }
}
