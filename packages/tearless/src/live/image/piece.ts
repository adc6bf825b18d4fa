// One function, variable or constant of a program.
import { type ElfSection, sectionFlags } from '@tearless/elf/section.ts';

export interface Piece {
  /** `NAME` of what all see, `FILE:NAME` of what one source file sees, `FILE:FUNCTION.NAME` of a static inside a function. */
  readonly key: string;
  readonly section: ElfSection;
  /** In its section. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** A function that says which of several is meant, once, when the program starts (`STT_GNU_IFUNC`). */
  readonly isChooser?: boolean;
}

const stringFlags = 0x30;

/** Data that never changes once the program has started: its pointers are made ready by the loader and sealed. */
export const isConstant = ({ name, flags }: ElfSection): boolean =>
  (flags & sectionFlags.write) === 0 || name.startsWith('.data.rel.ro');

export const isCode = ({ flags }: ElfSection): boolean => (flags & sectionFlags.execute) !== 0;

/** Strings that the linker merges: they have no names, and are what they say. */
export const isStrings = ({ flags }: ElfSection): boolean => (flags & stringFlags) === stringFlags;
