// Every tor instance and every timer as systemd sees it, in one question. Instances: what has a directory under
// /etc/tor/instances, what systemd has loaded, and tor@default. Reads f_timer_files; leaves f_shown and f_pids.
import { FactsError } from '../error.ts';
import type { Fact } from './fact.ts';
import { linesOf, parseCount, parseWords, quote, unexpected } from './lines.ts';

const properties = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'FragmentPath',
  'DropInPaths',
  'NeedDaemonReload',
  'MainPID',
  'NRestarts',
  'ActiveEnterTimestamp',
  'ActiveEnterTimestampMonotonic',
  'Environment',
  'EnvironmentFiles',
  'ExecStart',
  'Unit',
];

export const units: Fact = {
  name: 'units',
  // A template (tor-restart@.timer) is no unit that systemd could show.
  script: `f_shown=$(
  {
    for f_path in /etc/tor/instances/*/; do
      f_name=\${f_path%/}
      f_name=\${f_name##*/}
      case $f_name in
        *[!A-Za-z0-9:_.-]*) ;;
        *) printf 'tor@%s.service\\n' "$f_name" ;;
      esac
    done
    printf 'tor@default.service\\n'
    systemctl list-units --no-pager --no-legend --plain --full --all 'tor@*.service' '*.timer'
    printf '%s\\n' "\${f_timer_files-}"
  } | awk '$1 ~ /^[^-].*\\.(service|timer)$/ && $1 !~ /@\\.(service|timer)$/ && !seen[$1]++ { print $1 }' |
    xargs -r -d '\\n' systemctl show --no-pager --timestamp=us+utc --property=${properties.join(',')} --
) || return
printf '%s\\n' "$f_shown"
f_pids=$(printf '%s\\n' "$f_shown" | sed -n 's/^MainPID=\\([1-9][0-9]*\\)$/\\1/p')`,
};

/** One unit's properties as systemd prints them. */
export interface UnitRecord {
  readonly id: string;
  /** Line on which it begins. */
  readonly line: number;
  readonly properties: ReadonlyMap<string, string>;
}

/**
 * Units parted by empty lines; of a property that stands several times (`ExecStart`) the first counts.
 *
 * ```
 * Id=tor@a.service
 * ActiveState=active
 * Environment=LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2 "NOTE=two words"
 * ```
 */
export const parseUnits = (text: string): UnitRecord[] => {
  const records: UnitRecord[] = [];
  let block = new Map<string, string>();
  let start = 1;
  const finish = (): void => {
    if (block.size === 0) return;
    const id = block.get('Id');
    if (id === undefined || !/^\S+\.(service|timer)$/.test(id))
      throw new FactsError({
        fact: 'units',
        line: start,
        problem: `expected a unit with an Id, found ${quote(id ?? '')}`,
      });
    if (!records.some((record) => record.id === id)) records.push({ id, line: start, properties: block });
    block = new Map();
  };
  for (const line of linesOf('units', text)) {
    if (line.text === '') {
      finish();
      start = line.number + 1;
      continue;
    }
    const [, name, value] = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/.exec(line.text) ?? [];
    if (name === undefined || value === undefined) throw unexpected('units', line, 'PROPERTY=VALUE');
    if (name === 'Id' && block.has('Id')) throw unexpected('units', line, 'an empty line between two units');
    if (!block.has(name)) block.set(name, value);
  }
  finish();
  return records;
};

const wrong = (unit: UnitRecord, name: string, expected: string): FactsError =>
  new FactsError({
    fact: 'units',
    line: unit.line,
    problem: `expected ${expected} as ${name} of ${unit.id}, found ${quote(unit.properties.get(name) ?? 'nothing')}`,
  });

/** A property that every unit of its type has. */
export const textOf = (unit: UnitRecord, name: string): string => {
  const value = unit.properties.get(name);
  if (value === undefined) throw wrong(unit, name, 'a value');
  return value;
};

export const countOf = (unit: UnitRecord, name: string): number => {
  const value = parseCount(textOf(unit, name));
  if (value === undefined) throw wrong(unit, name, 'a number');
  return value;
};

export const flagOf = (unit: UnitRecord, name: string): boolean => {
  const value = textOf(unit, name);
  if (value !== 'yes' && value !== 'no') throw wrong(unit, name, 'yes or no');
  return value === 'yes';
};

export const wordsOf = (unit: UnitRecord, name: string): string[] => {
  const words = parseWords(textOf(unit, name));
  if (words === undefined) throw wrong(unit, name, 'words');
  return words;
};

/** `Thu 2025-11-20 23:10:05.123456 UTC`; milliseconds since 1970-01-01 UTC, 0 for a time that never was. */
export const timeOf = (unit: UnitRecord, name: string): number => {
  const value = textOf(unit, name);
  if (value === '' || value === 'n/a') return 0;
  const [, date, time, fraction = ''] =
    /^[A-Z][a-z]{2} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{6}))? UTC$/.exec(value) ?? [];
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${time}.${fraction.slice(0, 3) || '000'}Z`);
  if (Number.isNaN(ms)) throw wrong(unit, name, 'a time in UTC');
  return ms;
};
