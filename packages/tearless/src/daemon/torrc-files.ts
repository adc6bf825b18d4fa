// The torrc of an instance as the facts have it: the main file first, then whatever it includes. Reading only.
import { effectiveOptions, type FlatOption, flattenTorrc, type ResolveInclude } from '@tearless/tor/torrc/flatten.ts';
import { canonicalName } from '@tearless/tor/torrc/known-options.ts';
import { parseTorrc } from '@tearless/tor/torrc/syntax.ts';
import { DaemonError } from './daemon-error.ts';

export interface TorrcFile {
  readonly path: string;
  readonly text: string;
}

const globCharacters = /[*?[]/;

/** glob(7) without leading-dot surprises: `*` and `?` match neither `/` nor a dot at the start of a name. */
const globToRegExp = (pattern: string): RegExp => {
  const body = pattern.replace(/\*|\?|\[(!|\^)?([^\]]+)\]|[\\^$.|+(){}]/g, (part, negated?: string, set?: string) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (set !== undefined) return `[${negated === undefined ? '' : '^'}${set.replace(/[\\^]/g, '\\$&')}]`;
    return `\\${part}`;
  });
  return new RegExp(`^${body}$`);
};

const byteOrder = (a: TorrcFile, b: TorrcFile): number => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));

/** Resolves `%include` among files that were read already; a pattern without any of them counts as missing. */
export const includesAmong = (files: readonly TorrcFile[]): ResolveInclude => {
  const visible = ({ path }: TorrcFile): boolean => !/\/\.[^/]*$/.test(path);
  return (pattern) => {
    const plain = pattern.replace(/\/+$/, '');
    const exact = files.find(({ path }) => path === plain);
    if (exact !== undefined) return [exact];
    if (globCharacters.test(plain)) {
      const matches = globToRegExp(plain);
      const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));
      // a matched folder stands for its files
      return files
        .filter((file) => visible(file) && (matches.test(file.path) || matches.test(parent(file.path))))
        .sort(byteOrder);
    }
    const inside = files.filter(
      (file) => visible(file) && file.path.startsWith(`${plain}/`) && !file.path.slice(plain.length + 1).includes('/'),
    );
    return inside.length === 0 ? undefined : inside.sort(byteOrder);
  };
};

/**
 * Every option line of an instance in the order in which tor reads it, with its file and line.
 * @param files main torrc first
 * @throws DaemonError `daemon-no-torrc`; TorError of the torrc parser
 */
export const flattenFiles = (files: readonly TorrcFile[]): FlatOption[] => {
  const [main, ...rest] = files;
  if (main === undefined) {
    throw new DaemonError({
      kind: 'not-found',
      code: 'daemon-no-torrc',
      place: 'host',
      message: 'the instance has no torrc',
    });
  }
  return flattenTorrc(parseTorrc(main.text), includesAmong(rest), main.path);
};

/** What the files set, by tor's own spelling; onion services left out. Same errors as `flattenFiles`. */
export const effectiveValues = (files: readonly TorrcFile[]): ReadonlyMap<string, readonly string[]> =>
  effectiveOptions(flattenFiles(files)).values;

/** The line that decides an option: the last one that sets it. */
export const decidingLine = (files: readonly TorrcFile[], name: string): FlatOption | undefined =>
  flattenFiles(files).findLast((option) => canonicalName(option.name) === canonicalName(name));
