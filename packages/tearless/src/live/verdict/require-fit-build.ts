// Whether a build tells all that a verdict counts on: what its debug information leaves out would pass for unchanged. Pure.
import type { DebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import type { ElfFile } from '@tearless/elf/elf-file.ts';
import { firstReservedSection } from '@tearless/elf/section.ts';
import { variableKey } from '../image/local-names.ts';
import type { ProgramImage } from '../image/program-image.ts';
import { isPieceSymbol, keySymbols, withoutTurn } from '../image/symbol-keys.ts';
import { LiveError } from '../live-error.ts';

const unfit = (subject: string, why: string, hint: string): LiveError =>
  new LiveError({
    kind: 'refused',
    code: 'live-build-opaque',
    message: `${subject} ${why}`,
    place: 'local',
    subject,
    hint,
  });

/**
 * @param linked the program, of which the image is the relocatable file
 * @throws LiveError `live-build-opaque`: a variable whose type is not known, or that has no place before the program is linked; two
 *   in one section; a section that the linker gathers; a function or object that the program has otherwise, as when it is optimised
 *   while it is linked
 */
export const requireFitBuild = (image: ProgramImage, debug: DebugInfo, linked: ElfFile): void => {
  // From there on, symbols name their sections elsewhere.
  if (image.file.sections.length >= firstReservedSection)
    throw unfit(
      'tor.o',
      `has ${image.file.sections.length} sections`,
      'an update cannot tell so many apart: restart instead',
    );
  const common = image.file.symbols.find(({ type, section }) => type === 'common' || section === 0xfff2);
  if (common !== undefined)
    throw unfit(common.name, 'has no place before the program is linked', 'compile with -fno-common');
  const { file, imports } = image;
  const gathered = file.sections.find(({ name }) => imports.has(`__start_${name}`) || imports.has(`__stop_${name}`));
  if (gathered !== undefined)
    throw unfit(
      gathered.name,
      'is gone through from its beginning to its end, where nothing that is new would lie',
      'restart instead',
    );
  const typed = new Set(debug.variables.flatMap((one) => (one.type.kind === 'void' ? [] : [variableKey(one)])));
  for (const key of image.writable.keys())
    if (!typed.has(withoutTurn(key)))
      throw unfit(key, 'is of a type that the debug information does not tell', 'compile all of it with -g');
  for (const { index } of image.file.sections) {
    const [first, ...others] = image.piecesIn(index);
    const other = others.find(({ offset }) => offset !== first?.offset);
    // What lies beside it in one section may be reached without a relocation, or by a relocation of its neighbour.
    if (first !== undefined && other !== undefined)
      throw unfit(
        other.key,
        `lies in one section with ${first.key}`,
        'compile all of it with -ffunction-sections and -fdata-sections',
      );
  }
  const keyOf = keySymbols(debug, linked);
  const sizes = new Map(linked.symbols.filter(isPieceSymbol).map((symbol) => [keyOf(symbol), symbol.sizeBytes]));
  for (const pieces of [image.functions, image.writable, image.constants])
    for (const [key, { sizeBytes }] of pieces)
      if (sizes.get(key) !== sizeBytes)
        throw unfit(
          key,
          'is not in the program as it is in the relocatable file',
          'compile and link without -flto and --gc-sections',
        );
};
