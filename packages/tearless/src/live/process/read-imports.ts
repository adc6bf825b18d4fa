// Where a program's loader found what libraries bring: the slots that it filled when the program started (psABI x86-64, "Global
// Offset Table"). Programs that resolve names late have not filled all of them; tor's are linked to resolve at once. Pure.
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { decodeRelocations } from '@tearless/elf/relocation.ts';
import { sectionTypes } from '@tearless/elf/section.ts';
import { decodeSymbols } from '@tearless/elf/symbol.ts';

const globDat = 6;
const jumpSlot = 7;

/**
 * @param base what was added to the program's addresses
 * @param readPointer reads eight bytes of the process
 */
export const readImports = (
  linked: ElfFile,
  base: bigint,
  readPointer: (address: bigint) => bigint,
): Map<string, bigint> => {
  const imports = new Map<string, bigint>();
  const dynamic = linked.sections.find(({ type }) => type === sectionTypes.dynamicSymbols);
  const strings = dynamic === undefined ? undefined : linked.sections[dynamic.link];
  if (dynamic === undefined || strings === undefined) return imports;
  const symbols = decodeSymbols(linked.content(dynamic), linked.content(strings), true);
  for (const section of linked.sections) {
    if (section.type !== sectionTypes.rela || section.link !== dynamic.index) continue;
    for (const { type, offset, symbol } of decodeRelocations(linked.content(section), true)) {
      const { name, section: home } = symbols[symbol] ?? { name: '', section: 0 };
      if ((type !== globDat && type !== jumpSlot) || home !== 0 || name === '') continue;
      imports.set(name, readPointer(base + BigInt(offset)));
    }
  }
  return imports;
};
