// Where a process has what new code asks of a library for the first time: found as the loader would find it, by name and version, in
// the libraries that are loaded (gABI, "Shared Object Dependencies"; glibc's elf/dl-lookup.c tells how versions match). Pure.
import type { DynamicSymbol } from '@tearless/elf/dynamic.ts';
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
    const symbol = match(library, name, wish);
    return symbol === undefined ? [] : [{ library, symbol }];
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
  const { library, symbol } = found;
  if (library.head === undefined)
    throw refused(
      'unfit',
      name,
      `${library.soname} has no build-id, by which it would be known again when the process is held`,
    );
  const kind = kinds[symbol.type];
  if (kind === undefined || symbol.section >= firstReserved)
    throw refused('unfit', name, `it is no function or plain variable of ${library.soname}`);
  return { address: library.base + symbol.value, kind, library };
};

const kinds: Readonly<Partial<Record<DynamicSymbol['type'], FoundImport['kind']>>> = {
  function: 'function',
  object: 'variable',
  indirect: 'chooser',
};
/** From here on, numbers of sections stand for something else: values that are no addresses. */
const firstReserved = 0xff00;

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

const match = ({ brings }: MappedLibrary, name: string, wish: string | undefined): DynamicSymbol | undefined => {
  const all = brings?.get(name) ?? [];
  if (wish !== undefined) return all.find(({ version }) => version === undefined || version.name === wish);
  const shown = all.filter(({ version }) => version?.isHidden !== true);
  return all.find(({ version }) => version === undefined) ?? (shown.length === 1 ? shown[0] : undefined);
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
