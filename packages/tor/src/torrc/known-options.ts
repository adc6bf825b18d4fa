// What is known about each option: its canonical name, type, and whether a running tor takes a change of it.
// For case normalisation and "did you mean", not for judging whole configurations: tor --verify-config does that.
import { obsoleteOptions, optionAliases, optionTable } from './known-options-table.ts';

/** Types as tor names them in `GETINFO config/names`, in this package's spelling. */
export type OptionType =
  | 'boolean'
  /** `0`, `1` or `auto` */
  | 'boolean-auto'
  | 'integer'
  | 'signed-integer'
  | 'float'
  /** Bytes, with an optional unit. */
  | 'data-size'
  /** Seconds, with an optional unit. */
  | 'interval'
  /** Milliseconds, with an optional unit. */
  | 'interval-ms'
  | 'string'
  | 'filename'
  /** Comma-separated in one line. */
  | 'comma-list'
  /** One line per entry. */
  | 'line-list'
  | 'router-list'
  /** A line list that shares its order with the other options of its group. */
  | 'dependent';

/** Where the manual page describes it. */
export type OptionSection =
  | 'general'
  | 'client'
  | 'circuit-timeout'
  | 'dormant'
  | 'node-selection'
  | 'server'
  | 'statistics'
  | 'directory-server'
  | 'denial-of-service'
  | 'directory-authority'
  | 'hidden-service'
  | 'testing'
  | 'undocumented';

export interface KnownOption {
  /** As tor spells it. */
  readonly name: string;
  readonly type: OptionType;
  readonly section: OptionSection;
  /** Whether each further line adds a value; otherwise the last line of a file wins. */
  readonly repeatable: boolean;
  /** Whether it means something on relays only (authorities included). */
  readonly serverOnly: boolean;
  /**
   * What it takes for a new value to have effect. `restart`: a running tor refuses the change, and one that meets it
   * during a SIGHUP reload **exits** (0.4.9.11), so such a line must never be written without the restart planned.
   */
  readonly change: 'reload' | 'restart';
  /** Options of one group are one list to tor: their order counts, and setting any of them replaces all. */
  readonly group: 'HiddenServiceOptions' | `${string}PortLines` | null;
}

/** The group whose lines belong to the `HiddenServiceDir` above them. */
export const serviceGroup = 'HiddenServiceOptions';

const serverSections: readonly string[] = [
  'server',
  'statistics',
  'directory-server',
  'denial-of-service',
  'directory-authority',
];

/** Every option of tor 0.4.9.11 that can stand in a torrc, in tor's own order (case-insensitive by name). */
export const knownOptions: readonly KnownOption[] = parseOptionTable(optionTable);

const byLowerName = new Map(knownOptions.map((option) => [option.name.toLowerCase(), option]));
const obsolete = new Map(words(obsoleteOptions).map((name) => [name.toLowerCase(), name]));
const aliases = new Map(
  words(optionAliases).map((pair) => {
    const [alias = '', name = ''] = pair.split('=');
    return [alias.toLowerCase(), name.toLowerCase()];
  }),
);
/** What tor searches for abbreviations, in its order: all names, obsolete ones too. */
const searchOrder = [...byLowerName.keys(), ...obsolete.keys()].sort();

/**
 * The option tor understands by `name`: any case, tor's aliases (`DirServer`), and, as tor does with a warning,
 * the first option that begins with it (`Nick`). Undefined for unknown and for obsolete names.
 *
 * @example
 * findOption('orport')?.name; // 'ORPort'
 */
export function findOption(name: string): KnownOption | undefined {
  const lower = name.toLowerCase();
  const target = aliases.get(lower) ?? lower;
  const exact = byLowerName.get(target);
  if (exact !== undefined || target === '' || obsolete.has(target)) return exact;
  const full = searchOrder.find((candidate) => candidate.startsWith(target));
  return full === undefined ? undefined : byLowerName.get(full);
}

/** The canonical spelling of a name tor knows, else the name as it is. */
export function canonicalName(name: string): string {
  return findOption(name)?.name ?? name;
}

/** Whether tor ignores this option with a warning because it was removed. */
export function isObsoleteOption(name: string): boolean {
  return obsolete.has(name.toLowerCase());
}

/**
 * The known option that a misspelt name most likely means, or undefined when none is close.
 *
 * @example
 * suggestOption('BandwithRate'); // 'BandwidthRate'
 */
export function suggestOption(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(lower.length / 4)) + 1;
  for (const [candidate, option] of byLowerName) {
    const distance = editDistance(lower, candidate, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [option.name, distance];
  }
  return best;
}

/** Levenshtein distance, or `limit` as soon as it cannot be smaller. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitute, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    if (Math.min(...row) >= limit) return limit;
    previous = row;
  }
  return previous[b.length] ?? limit;
}

function parseOptionTable(table: string): KnownOption[] {
  const options: KnownOption[] = [];
  let section = 'undocumented';
  for (const line of table.trim().split('\n')) {
    if (line.startsWith('[')) {
      section = line.slice(1, -1);
      continue;
    }
    const [name = '', type = '', change = 'reload'] = line.split(' ');
    options.push({
      name,
      type: type as OptionType,
      section: section as OptionSection,
      repeatable: type === 'line-list' || type === 'dependent',
      serverOnly: serverSections.includes(section),
      change: change as KnownOption['change'],
      group: type === 'dependent' ? groupOf(name) : null,
    });
  }
  return options.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}

function groupOf(name: string): KnownOption['group'] {
  return name.startsWith('HiddenService') ? serviceGroup : `${name.replace(/^__|Port$/g, '')}PortLines`;
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
