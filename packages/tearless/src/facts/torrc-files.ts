// The files of one torrc in the order in which tor reads them, and the few options that say where an instance lives.
// Not the torrc parser, which is @tearless/tor/torrc.
import type { FileFacts } from './observed.ts';
import type { TorrcInclude } from './sections/torrc-includes.ts';

export interface TorrcFiles {
  readonly files: readonly FileFacts[];
  readonly withheld: readonly string[];
}

/** The main file, then what it includes, depth first; a file that is included twice stands once. */
export const collectTorrc = (
  main: string,
  files: ReadonlyMap<string, FileFacts>,
  includes: readonly TorrcInclude[],
): TorrcFiles => {
  const found = new Map<string, FileFacts>();
  const withheld = new Set<string>();
  const visit = (path: string): void => {
    const file = files.get(path);
    if (file === undefined || found.has(path)) return;
    found.set(path, file);
    for (const include of includes) {
      if (include.from !== path) continue;
      if (include.read) visit(include.path);
      else withheld.add(include.path);
    }
  };
  visit(main);
  return { files: [...found.values()], withheld: [...withheld] };
};

/** The values of an option in a torrc's text, in order, without quotes and comments (tor(1), names ignore case). */
export const valuesOfOption = (text: string, option: string): string[] => {
  const shape = new RegExp(`^[ \\t]*[+]?${option}[ \\t]+(?:"((?:[^"\\\\]|\\\\.)*)"|([^"#\\n][^#\\n]*))`, 'gim');
  return [...text.matchAll(shape)].map(([, quoted, bare = '']) =>
    quoted === undefined ? bare.trim() : quoted.replace(/\\(.)/g, '$1'),
  );
};

/** The value that counts: the last of the torrc, else the last of the defaults. */
export const valueOfOption = (
  option: string,
  torrc: readonly FileFacts[],
  defaults: FileFacts | undefined,
): string | undefined =>
  torrc.flatMap((file) => valuesOfOption(file.text, option)).at(-1) ??
  (defaults === undefined ? undefined : valuesOfOption(defaults.text, option).at(-1));
