// Where a program's loader found what libraries bring: the slots that it filled when the program started (psABI x86-64, "Global
// Offset Table"). Programs that resolve names late have not filled all of them; tor's are linked to resolve at once. Pure.
import { readDynamic } from '@tearless/elf/dynamic.ts';
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { decodeRelocations } from '@tearless/elf/relocation.ts';
import { sectionTypes } from '@tearless/elf/section.ts';

const globDat = 6;
const jumpSlot = 7;

/** What the loader of a program found for a name. */
export interface BoundImport {
  /** 0 for what no library had, of which the program said that it can do without (weak). */
  readonly address: bigint;
  /** That the program asked for; undefined where it asked for none. */
  readonly version: string | undefined;
}

/**
 * @param base what was added to the program's addresses
 * @param readPointer reads eight bytes of the process
 */
export const readImports = (
  linked: ElfFile,
  base: bigint,
  readPointer: (address: bigint) => bigint,
): Map<string, BoundImport> => {
  const imports = new Map<string, BoundImport>();
  const dynamic = linked.sections.find(({ type }) => type === sectionTypes.dynamicSymbols);
  const symbols = readDynamic(linked)?.symbols;
  if (dynamic === undefined || symbols === undefined) return imports;
  for (const section of linked.sections) {
    if (section.type !== sectionTypes.rela || section.link !== dynamic.index) continue;
    for (const { type, offset, symbol } of decodeRelocations(linked.content(section), true)) {
      const { name, section: home, version } = symbols[symbol] ?? { name: '', section: 0, version: undefined };
      if ((type !== globDat && type !== jumpSlot) || home !== 0 || name === '') continue;
      imports.set(name, { address: readPointer(base + BigInt(offset)), version: version?.name });
    }
  }
  return imports;
};
