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

export class ReferenceReader {
  readonly #image: ProgramImage;
  readonly #constants = new Map<string, string>();
  readonly #sections = new Map<number, Uint8Array>();

  constructor(image: ProgramImage) {
    this.#image = image;
  }

  /** A piece as it can be compared with that of another version. */
  read(piece: Piece): Contents {
    return this.#range(piece.section, piece.offset, piece.sizeBytes, piece.key);
  }

  #range(section: ElfSection, from: number, sizeBytes: number, self: string): Contents {
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(this.#content(section).subarray(from, from + sizeBytes));
    const references: Reference[] = [];
    for (const relocation of this.#image.relocationsOf(section.index)) {
      const offset = relocation.offset - from;
      if (offset < 0 || offset >= sizeBytes || relocation.type === x86_64Relocations.none) continue;
      bytes.fill(0, offset, offset + widthOf(relocation.type));
      references.push({ offset, type: relocation.type, to: this.#target(relocation, self) });
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

  #target(relocation: Relocation, self: string): string {
    const target = this.#image.targetOf(relocation);
    const { within } = target;
    if (target.kind === 'import') return `${target.name}+${within}`;
    if (target.kind === 'nameless') {
      const { section } = target;
      if (isStrings(section)) return JSON.stringify(this.#string(section, within));
      // Each has a place of its own in the block of a thread; its content says nothing of which it is.
      if ((section.flags & sectionFlags.tls) !== 0) return `of each thread ${section.name}+${within}`;
      return this.#constant(section, 0, section.sizeBytes, within);
    }
    const { piece } = target;
    if (piece.key === self) return `itself+${within}`;
    if (isConstant(piece.section) && !isCode(piece.section))
      return this.#constant(piece.section, piece.offset, piece.sizeBytes, within);
    return `${piece.key}+${within}`;
  }

  #string(section: ElfSection, offset: number): string {
    const content = this.#content(section);
    const end = content.indexOf(0, Math.max(0, offset));
    return Buffer.from(content.subarray(Math.max(0, offset), end < 0 ? content.length : end)).toString('latin1');
  }

  /** A constant is what it holds, and what that refers to in turn. */
  #constant(section: ElfSection, from: number, sizeBytes: number, within: number): string {
    const key = `${section.index} ${from}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return `${known}+${within}`;
    // One that leads back to itself is named by its place in the meantime.
    this.#constants.set(key, `constant of ${section.name}`);
    const { bytes, references } = this.#range(section, from, sizeBytes, '');
    const said = `${Buffer.from(bytes).toString('latin1')}\n${references.map(({ offset, to }) => `${offset} ${to}`).join('\n')}`;
    const name = `constant ${sha256Hex(said).slice(0, 24)}`;
    this.#constants.set(key, name);
    return `${name}+${within}`;
  }
}
