// From files to what tor sees: %include expanded, then the rules by which files and repeated options override.
// No file is read here: the caller hands in what a pattern stands for.
// tor(1) "THE CONFIGURATION FILE FORMAT"; tor's doc/torrc_format.txt §2.
import { TorError } from '../error.ts';
import {
  canonicalName,
  findOption,
  isObsoleteOption,
  type KnownOption,
  type OptionType,
  serviceGroup,
} from './known-options.ts';
import { includeName, optionNodes, parseTorrc, type Torrc } from './syntax.ts';

/** One option with where it stands. */
export interface FlatOption {
  readonly prefix: '' | '+' | '/';
  /** As written. */
  readonly name: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

export interface IncludedFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What an `%include` pattern stands for, as tor reads it: glob characters expanded and sorted bytewise; a folder
 * stands for its files (not its subfolders), sorted bytewise, without those that begin with a dot; empty files may be
 * left out. A relative path is relative to tor's working directory. A glob that matches nothing is an empty list;
 * undefined says that a file is missing or cannot be read, on which tor fails.
 */
export type ResolveInclude = (pattern: string, from: FlatOption) => readonly IncludedFile[] | undefined;

/** tor refuses deeper nesting. */
const maxIncludeDepth = 31;

/** The patterns a file includes, in order: what must be read before it can be flattened. */
export function includePatterns(tree: Torrc): string[] {
  return optionNodes(tree)
    .filter((node) => node.name === includeName)
    .map((node) => node.value);
}

/**
 * All options in the order in which tor processes them, `%include` replaced by what it brings in.
 *
 * @param file the tree's own path, for the results and for errors
 * @throws TorError `torrc-include-missing`, `torrc-include-depth`, and what parseTorrc throws for an included file
 *   (its message then names the file)
 */
export function flattenTorrc(tree: Torrc, resolveInclude: ResolveInclude, file = 'torrc'): FlatOption[] {
  return flattenAt(tree, resolveInclude, file, 1);
}

function flattenAt(tree: Torrc, resolveInclude: ResolveInclude, file: string, depth: number): FlatOption[] {
  const flat: FlatOption[] = [];
  for (const { prefix, name, value, line } of optionNodes(tree)) {
    const option: FlatOption = { prefix, name, value, file, line };
    if (name !== includeName) {
      flat.push(option);
      continue;
    }
    if (depth >= maxIncludeDepth) {
      const hint = 'Look for a file that includes itself.';
      throw includeError(option, 'depth', `%include nests more than ${maxIncludeDepth} deep`, hint);
    }
    const files = resolveInclude(value, option);
    if (files === undefined) {
      const hint = 'tor does not start with this line; create the file or remove the line.';
      throw includeError(option, 'missing', `%include ${JSON.stringify(value)} cannot be read`, hint);
    }
    for (const { path, text } of files) {
      flat.push(...flattenAt(parseIncluded(path, text), resolveInclude, path, depth + 1));
    }
  }
  return flat;
}

function parseIncluded(path: string, text: string): Torrc {
  try {
    return parseTorrc(text);
  } catch (error) {
    if (!(error instanceof TorError)) throw error;
    const { kind, code, place, hint, line } = error;
    throw new TorError(`${path}: ${error.message}`, { kind, code, place, hint, line, cause: error });
  }
}

/** What a set of configuration sources comes to. */
export interface EffectiveTorrc {
  /**
   * Values by canonical name, in order. What is not here has its default; an empty list says that the option was
   * explicitly emptied. Unknown names stand as written. Options of onion services are not here.
   */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** The lines of all onion services in order, each beginning with a HiddenServiceDir. */
  readonly serviceLines: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Applies tor's rules: a later source replaces an earlier one option by option, unless its first line for the option
 * has `+`; within a source a repeatable option collects its lines and for any other the last one wins. `/` and, for
 * options that are not repeatable, an empty value do **not** bring the default back: they make it zero or nothing
 * (`DirCache` alone is `DirCache 0`, `/LongLivedPorts` is an empty list; tor 0.4.9.11). Obsolete options are left out.
 *
 * @param sources lowest priority first: torrc-defaults, torrc, command line
 */
export function effectiveOptions(...sources: readonly (readonly FlatOption[])[]): EffectiveTorrc {
  const lists = new Map<string, { name: string; lines: { name: string; value: string }[] }>();
  for (const source of sources) {
    const replaced = new Set<string>();
    for (const { prefix, name, value } of source) {
      if (isObsoleteOption(name)) continue;
      const option = findOption(name);
      const canonical = canonicalName(name);
      const key = option?.group ?? canonical;
      if (prefix === '/' || (value === '' && option?.repeatable !== true)) {
        lists.set(key, { name: canonical, lines: isNumeric(option) ? [{ name: canonical, value: '0' }] : [] });
        replaced.add(key);
        continue;
      }
      // tor warns "has no value. Skipping." for a repeatable option.
      if (value === '') continue;
      const fresh = option?.repeatable !== true || (!replaced.has(key) && prefix !== '+');
      const lines = fresh ? [] : (lists.get(key)?.lines ?? []);
      replaced.add(key);
      lines.push({ name: canonical, value });
      lists.set(key, { name: canonical, lines });
    }
  }
  const values = new Map<string, string[]>();
  for (const [key, { name: setName, lines }] of lists) {
    if (key === serviceGroup) continue;
    if (lines.length === 0) values.set(setName, []);
    for (const { name, value } of lines) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  }
  return { values, serviceLines: lists.get(serviceGroup)?.lines ?? [] };
}

/** Whether tor keeps a number for it, so that emptying it makes it 0. */
function isNumeric(option: KnownOption | undefined): boolean {
  const texts: readonly OptionType[] = ['string', 'filename', 'comma-list', 'line-list', 'router-list', 'dependent'];
  return option !== undefined && !texts.includes(option.type);
}

function includeError(option: FlatOption, problem: string, what: string, hint: string): TorError {
  return new TorError(`${option.file} line ${option.line}: ${what}`, {
    kind: 'refused',
    code: `torrc-include-${problem}`,
    place: 'config',
    line: option.line,
    hint,
  });
}
