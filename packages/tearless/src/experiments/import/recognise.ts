// Which kind of file each one of a folder is, from its name and its beginning.
import { ExperimentError } from '../model/experiment-error.ts';
import { missingColumns, readHeader, recogniseTable, type Table, type TableKind } from './columns.ts';
import { quote } from './fields.ts';
import { isEventLines, isListName, isNicknameList } from './read-lists.ts';

export type FileKind =
  | { readonly kind: 'table'; readonly table: Table; readonly of: TableKind; readonly headerLine: number }
  | { readonly kind: 'json' | 'json-lines' | 'group-list' | 'event-lines' }
  /** Nothing of an experiment. */
  | { readonly kind: 'other' }
  /** Looks like one of ours and cannot be used. */
  | {
      readonly kind: 'unusable';
      readonly why: string;
      readonly missing: readonly string[];
      readonly found: readonly string[];
    };

const mainNames: ReadonlyMap<string, TableKind> = new Map([
  ['memory_measurements.csv', 'memory'],
  ['bandwidth_measurements.csv', 'traffic'],
  ['relay_config.csv', 'relay-config'],
]);

const baseOf = (name: string): string => (name.split('/').at(-1) ?? '').toLowerCase();

/** Files without which an experiment is not what it says: they must be readable. */
export const isMainFile = (name: string): boolean => mainNames.has(baseOf(name)) || baseOf(name) === 'experiment.json';

const listed = (names: readonly string[]): string =>
  names.slice(0, 20).map(quoteLong).join(', ') + (names.length > 20 ? ', …' : '');
const quoteLong = (name: string): string => (/^[\w .-]{1,40}$/.test(name) ? name : quote(name));

const unusable = (why: string, missing: readonly string[] = [], found: readonly string[] = []): FileKind => ({
  kind: 'unusable',
  why,
  missing,
  found,
});

/**
 * @param lines the file's first lines, whole
 * @param isText false where its bytes are none
 */
export const recogniseFile = (name: string, lines: readonly string[], isText: boolean): FileKind => {
  const base = baseOf(name);
  const expected = mainNames.get(base);
  if (base.endsWith('.json')) return { kind: 'json' };
  if (base.endsWith('.ndjson') || base.endsWith('.jsonl'))
    return base.includes('event') ? { kind: 'json-lines' } : { kind: 'other' };
  const isTable = /\.(csv|tsv|tab)$/.test(base);
  if (!isText) return isTable ? unusable('it holds bytes that are no text') : { kind: 'other' };
  const headerIndex = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#'));
  const header = lines[headerIndex];
  if (header === undefined) return isTable ? unusable('it is empty') : { kind: 'other' };
  const table = readHeader(header);
  const of = expected ?? recogniseTable(table);
  if (of !== undefined && (isTable || table.width > 2)) {
    const missing = missingColumns(table, of);
    if (missing.length === 0) return { kind: 'table', table, of, headerLine: headerIndex + 1 };
    return unusable(
      `it lacks ${missing.join(' and ')}; its first line has ${listed(table.found)}`,
      missing,
      table.found,
    );
  }
  if (isTable && isNicknameList(lines) && isListName(name)) return { kind: 'group-list' };
  if (isTable) return unusable(`no table that is known has the columns ${listed(table.found)}`, [], table.found);
  if (/\.(md|sh|py|service|timer|conf|svg|html|png)$/.test(base)) return { kind: 'other' };
  if (isListName(name) || isNicknameList(lines)) return { kind: 'group-list' };
  return base.includes('event') && isEventLines(lines) ? { kind: 'event-lines' } : { kind: 'other' };
};

/** @throws ExperimentError `import-missing-columns` or `import-unreadable` */
export const refuseUnusable = (name: string, file: Extract<FileKind, { readonly kind: 'unusable' }>): ExperimentError =>
  new ExperimentError({
    kind: 'failed',
    code: file.missing.length > 0 ? 'import-missing-columns' : 'import-unreadable',
    message: `${name} cannot be used: ${file.why}`,
    hint:
      file.missing.length > 0
        ? 'name the columns in its first line as the documentation does, or leave the file out; nothing was imported'
        : 'mend the file or leave it out; nothing was imported',
    subject: name,
  });
