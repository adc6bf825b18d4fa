// Which columns a table has, by their names in its first line, and which kind of table it therefore is.

export type TableKind = 'memory' | 'traffic' | 'relay-config' | 'events';

/** What a column means, and under which names files hold it. */
const aliases = {
  timestamp: ['timestamp', 'time', 'datetime', 'date', 'ts'],
  server: ['server', 'host', 'hostname'],
  type: ['type'],
  fingerprint: ['fingerprint', 'fp'],
  nickname: ['nickname', 'relay', 'nick'],
  group: ['group', 'arm'],
  rss: ['rss_kb', 'rss_kib', 'vmrss_kb'],
  virtual: ['vmsize_kb', 'vmsize_kib', 'virtual_kb'],
  peak: ['hwm_kb', 'hwm_kib', 'vmhwm_kb', 'peak_kb'],
  fragRatio: ['frag_ratio'],
  count: ['count'],
  total: ['total_kb', 'total_kib'],
  average: ['avg_kb'],
  least: ['min_kb'],
  most: ['max_kb'],
  observed: ['observed_bps'],
  advertised: ['advertised_bps'],
  written: ['write_bps', 'written_bps'],
  observedMega: ['observed_mbps'],
  advertisedMega: ['advertised_mbps'],
  writtenMega: ['write_mbps', 'written_mbps'],
  flags: ['flags'],
  running: ['running'],
  allocator: ['allocator'],
  config: ['config'],
  notes: ['notes', 'note'],
  dircache: ['dircache'],
  maxmem: ['maxmem'],
  event: ['event', 'action', 'kind', 'event_type'],
  text: ['text', 'message', 'description', 'details'],
  relays: ['relays', 'nicknames'],
} as const satisfies Record<string, readonly string[]>;
export type ColumnName = keyof typeof aliases;

const meanings = new Map(
  (Object.entries(aliases) as [ColumnName, readonly string[]][]).flatMap(([meaning, names]) =>
    names.map((name): [string, ColumnName] => [name, meaning]),
  ),
);

export interface Table {
  readonly delimiter: string;
  readonly width: number;
  /** Index of the column; absent where the table has none. */
  readonly at: Partial<Record<ColumnName, number>>;
  /** Names of columns that mean nothing here, or that come twice. */
  readonly unknown: readonly string[];
  /** The names as they stand there. */
  readonly found: readonly string[];
}

const normalise = (name: string): string =>
  name
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim()
    .toLowerCase();

const splitHeader = (line: string, delimiter: string): Table => {
  const found = line.split(delimiter).map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const at: Partial<Record<ColumnName, number>> = {};
  const unknown: string[] = [];
  for (const [index, name] of found.entries()) {
    const meaning = meanings.get(normalise(name));
    if (meaning === undefined || at[meaning] !== undefined) unknown.push(name);
    else at[meaning] = index;
  }
  return { delimiter, width: found.length, at, unknown, found };
};

/** The header with the delimiter that makes the most sense of it. */
export const readHeader = (line: string): Table => {
  const tables = [',', ';', '\t', '|'].map((delimiter) => splitHeader(line, delimiter));
  const known = ({ at }: Table): number => Object.keys(at).length;
  return tables.reduce((best, table) => (known(table) > known(best) ? table : best));
};

/** What a table of a kind must have: one column of each list. */
const needs: Record<TableKind, readonly (readonly ColumnName[])[]> = {
  memory: [['timestamp'], ['nickname', 'fingerprint', 'count'], ['rss', 'virtual', 'peak', 'total']],
  traffic: [
    ['timestamp'],
    ['nickname', 'fingerprint'],
    ['observed', 'advertised', 'written', 'observedMega', 'advertisedMega', 'writtenMega', 'flags'],
  ],
  'relay-config': [['nickname', 'fingerprint'], ['group']],
  events: [['timestamp'], ['event', 'text', 'type', 'notes']],
};

/** Columns that the table lacks to be of that kind, as files call them: `nickname or fingerprint`. */
export const missingColumns = ({ at }: Table, kind: TableKind): string[] =>
  needs[kind]
    .filter((names) => names.every((name) => at[name] === undefined))
    .map((names) => names.map((name) => aliases[name][0]).join(' or '));

/** What is read of a table, or said by what is read. */
const reads: Record<TableKind, ReadonlySet<ColumnName>> = {
  memory: new Set([
    'timestamp',
    'server',
    'type',
    'fingerprint',
    'nickname',
    'group',
    'rss',
    'virtual',
    'peak',
    'fragRatio',
    'count',
    'total',
    'average',
    'least',
    'most',
  ]),
  traffic: new Set([
    'timestamp',
    'fingerprint',
    'nickname',
    'group',
    'observed',
    'advertised',
    'written',
    'observedMega',
    'advertisedMega',
    'writtenMega',
    'flags',
    'running',
  ]),
  'relay-config': new Set(['fingerprint', 'nickname', 'group', 'allocator', 'config', 'notes', 'dircache', 'maxmem']),
  events: new Set(['timestamp', 'type', 'event', 'text', 'notes', 'nickname', 'relays']),
};

/** Names of columns that are left unread: they mean nothing here, come twice, or belong to tables of another kind. */
export const unreadColumns = ({ unknown, at, found }: Table, kind: TableKind): string[] => [
  ...unknown,
  ...(Object.entries(at) as [ColumnName, number][])
    .filter(([name]) => !reads[kind].has(name))
    .map(([, index]) => found[index] ?? ''),
];

/** Columns that only tables of that kind have. */
const marks: readonly (readonly [TableKind, readonly ColumnName[]])[] = [
  ['memory', ['rss', 'virtual', 'peak', 'total', 'average', 'least', 'most', 'fragRatio']],
  ['traffic', ['observed', 'advertised', 'written', 'observedMega', 'advertisedMega', 'writtenMega', 'flags']],
];

/** @returns undefined where the line is no header of a table that is known here */
export const recogniseTable = (table: Table): TableKind | undefined => {
  const has = (name: ColumnName): boolean => table.at[name] !== undefined;
  for (const [kind, names] of marks) if (names.some(has)) return kind;
  if (!has('timestamp') && has('group') && (has('nickname') || has('fingerprint'))) return 'relay-config';
  if (has('timestamp') && (has('event') || has('text') || (has('type') && table.width > 2))) return 'events';
  return undefined;
};
