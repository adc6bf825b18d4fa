// Where a process has what new code asks of a library for the first time: found as the loader would find it, by name and version, in
// the libraries that are loaded (gABI, "Shared Object Dependencies"; glibc's elf/dl-lookup.c tells how versions match). Pure.

import type { DynamicSymbol } from '@tearless/elf/dynamic.ts';
import { firstReservedSection } from '@tearless/elf/section.ts';
import type { Asked } from '../image/asked-names.ts';
import { LiveError } from '../live-error.ts';
import type { MappedLibrary } from '../process/mapped-libraries.ts';

export interface FoundImport {
  /** Of what is asked for, or of the function that says where that is (`STT_GNU_IFUNC`). */
  readonly address: bigint;
  readonly kind: 'function' | 'variable' | 'chooser';
  readonly library: MappedLibrary;
}

/**
 * @param asked of the next program
 * @param loaded all libraries of the process
 * @throws LiveError `live-import-missing`, `live-import-ambiguous`, `live-import-unread`, `live-import-unfit`
 */
export const findImport = (name: string, asked: Asked, loaded: readonly MappedLibrary[]): FoundImport => {
  const wish = asked.names.get(name)?.version;
  const scope = searched(asked.libraries, loaded);
  const bringing = loaded.flatMap((library) => {
    const symbols = match(library, name, wish);
    const [symbol] = symbols;
    return symbol === undefined ? [] : [{ library, symbol, isOne: symbols.length === 1 }];
  });
  // What was loaded before the program by its environment comes first in the search, what came later last: which it is, nothing tells.
  const stranger = bringing.find(({ library }) => !scope.includes(library));
  const [found] = scope.flatMap((library) => bringing.filter((one) => one.library === library));
  const unread = loaded.find(({ brings }) => brings === undefined);
  if (unread !== undefined)
    throw refused(
      'unread',
      name,
      `${unread.soname} cannot be asked whether it brings it, since it does not say what it has`,
    );
  if (found === undefined)
    throw refused(
      'missing',
      name,
      `no library that the process has loaded brings it${wish === undefined ? '' : ` as ${wish}`}${renderMeant(asked.names.get(name)?.library, loaded)}`,
      'the system of the build has other libraries than the process: build on one like it, or restart',
    );
  if (stranger !== undefined)
    throw refused('ambiguous', name, `both ${found.library.soname} and ${stranger.library.soname} bring it`);
  const { library, symbol, isOne } = found;
  if (!isOne)
    throw refused(
      'ambiguous',
      name,
      `${library.soname} brings several versions of it, and the new program asks for none of them`,
      'build it on a system whose libraries are those that run',
    );
  if (library.head === undefined)
    throw refused(
      'unfit',
      name,
      `${library.soname} has no build-id, by which it would be known again when the process is held`,
    );
  const kind = kinds[symbol.type];
  if (kind === undefined || symbol.section >= firstReservedSection)
    throw refused('unfit', name, `it is no function or plain variable of ${library.soname}`);
  return { address: library.base + symbol.value, kind, library };
};

const kinds: Readonly<Partial<Record<DynamicSymbol['type'], FoundImport['kind']>>> = {
  function: 'function',
  object: 'variable',
  indirect: 'chooser',
};

/** Those that the program asks for, then those that these ask for, and so on. */
const searched = (libraries: readonly string[], loaded: readonly MappedLibrary[]): MappedLibrary[] => {
  const scope: MappedLibrary[] = [];
  for (let wanted = libraries; wanted.length > 0; ) {
    const now = [...new Set(wanted)].flatMap((name) => loaded.find(({ soname }) => soname === name) ?? []);
    const added = now.filter((library) => !scope.includes(library));
    scope.push(...added);
    wanted = added.flatMap((library) => library.libraries);
  }
  return scope;
};

/**
 * Several only of a library that keeps versions where none is asked for: a loader takes the oldest then, and the next program was
 * linked with another library, which had only one.
 */
const match = ({ brings }: MappedLibrary, name: string, wish: string | undefined): readonly DynamicSymbol[] => {
  const all = brings?.get(name) ?? [];
  const plain = all.find(({ version }) => version === undefined);
  const exact = wish === undefined ? plain : (all.find(({ version }) => version?.name === wish) ?? plain);
  if (exact !== undefined) return [exact];
  return wish === undefined && all.some(({ version }) => version?.isHidden !== true) ? all : [];
};

const renderMeant = (soname: string | undefined, loaded: readonly MappedLibrary[]): string => {
  const meant = soname === undefined ? undefined : loaded.find((one) => one.soname === soname);
  return meant?.head === undefined ? '' : `; its ${meant.soname} has the build-id ${meant.head.buildId}`;
};

const refused = (problem: string, subject: string, why: string, hint = 'restart instead'): LiveError =>
  new LiveError({
    kind: 'refused',
    code: `live-import-${problem}`,
    message: `new code asks a library for ${subject}: ${why}`,
    place: 'host',
    subject,
    hint,
  });
