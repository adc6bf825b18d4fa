// One option value in the form in which tor itself would write it, so that "10 MBytes" and "10485760" compare equal.
// Covers the types whose text has several spellings; all others stay as they are. tor(1) says which units exist.
import { TorError } from '../error.ts';
import { findOption, type KnownOption, type OptionType } from './known-options.ts';

const byteUnits = unitTable([
  [1, 'b byte bytes'],
  [2 ** 7, 'kbit kbits kilobit kilobits'],
  [2 ** 10, 'kb kbyte kbytes kilobyte kilobytes'],
  [2 ** 17, 'mbit mbits megabit megabits'],
  [2 ** 20, 'm mb mbyte mbytes megabyte megabytes'],
  [2 ** 27, 'gbit gbits gigabit gigabits'],
  [2 ** 30, 'gb gbyte gbytes gigabyte gigabytes'],
  [2 ** 37, 'tbit tbits terabit terabits'],
  [2 ** 40, 'tb tbyte tbytes terabyte terabytes'],
]);
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const secondUnits = unitTable([
  [1, 'second seconds'],
  [minute, 'minute minutes'],
  [hour, 'hour hours'],
  [day, 'day days'],
  [7 * day, 'week weeks'],
  [2_629_728, 'month months'],
]);
const millisecondUnits = unitTable([
  [1, 'msec millisecond milliseconds'],
  [1000, 'second seconds'],
  [1000 * minute, 'minute minutes'],
  [1000 * hour, 'hour hours'],
  [1000 * day, 'day days'],
  [7000 * day, 'week weeks'],
]);

/**
 * The value as tor would write it (GETCONF, `--dump-config`): sizes in bytes, intervals in seconds or milliseconds,
 * comma lists without spaces.
 *
 * @param name any spelling findOption knows; values of unknown options come back unchanged
 * @throws TorError `torrc-bad-value` when it does not fit the option's type
 * @example
 * normalizeValue('BandwidthRate', '10 MBytes'); // '10485760'
 */
export function normalizeValue(name: string, value: string): string {
  const option = findOption(name);
  const normal = asTorWrites(option, value);
  if (option === undefined || normal !== null) return normal ?? value;
  throw new TorError(`${option.name}: ${JSON.stringify(value.slice(0, 80))} is not ${descriptions[option.type]}`, {
    kind: 'refused',
    code: 'torrc-bad-value',
    place: 'config',
    hint: examples[option.type],
  });
}

/**
 * The value as tor would write it, to be compared with others; one that does not fit the option's type stays as it is.
 *
 * @param name any spelling findOption knows
 * @example
 * comparableValue('BandwidthRate', 'bananas'); // 'bananas'
 */
export function comparableValue(name: string, value: string): string {
  return asTorWrites(findOption(name), value) ?? value;
}

/** Whether two lists of values of one option, in their order, are the same to tor. @param name any spelling findOption knows */
export function areSameValues(name: string, a: readonly string[], b: readonly string[]): boolean {
  return (
    a.length === b.length &&
    a.every((value, index) => comparableValue(name, value) === comparableValue(name, b[index] ?? ''))
  );
}

/** null: not of the option's type. */
function asTorWrites(option: KnownOption | undefined, value: string): string | null {
  const normalize = option === undefined ? undefined : normalizers[option.type];
  return normalize === undefined ? value : normalize(value.trim());
}

/** null: not of this type. */
type Normalizer = (value: string) => string | null;

const normalizers: Partial<Record<OptionType, Normalizer>> = {
  boolean: (value) => (/^[01]$/.test(value) ? value : null),
  'boolean-auto': (value) => (/^(?:[01]|auto)$/i.test(value) ? value.toLowerCase() : null),
  integer: (value) => (/^\d{1,20}$/.test(value) ? String(BigInt(value)) : null),
  'signed-integer': (value) => (/^-?\d{1,10}$/.test(value) ? String(Number(value)) : null),
  float: (value) => (/^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value) ? String(Number(value)) : null),
  'data-size': (value) => withUnit(value, byteUnits, 2n ** 63n - 1n),
  interval: (value) => withUnit(value, secondUnits, 2n ** 31n - 1n),
  'interval-ms': (value) => withUnit(value, millisecondUnits, 2n ** 31n - 1n),
  'comma-list': withoutSpaces,
  'router-list': withoutSpaces,
};

const descriptions: Partial<Record<OptionType, string>> = {
  boolean: '0 or 1',
  'boolean-auto': '0, 1 or auto',
  integer: 'a whole number of at least 0',
  'signed-integer': 'a whole number',
  float: 'a number',
  'data-size': 'a size tor understands',
  interval: 'a time tor understands',
  'interval-ms': 'a time tor understands',
};

const examples: Partial<Record<OptionType, string>> = {
  boolean: 'Write 1 for yes or 0 for no.',
  'boolean-auto': 'Write 1 for yes, 0 for no, or auto.',
  integer: 'Write a whole number such as 4.',
  'signed-integer': 'Write a whole number such as 4.',
  'data-size': 'Write for example 512 MB, 10 MBytes or 80 MBits.',
  interval: 'Write for example 90 seconds, 2 hours or 1 day.',
  'interval-ms': 'Write for example 100 msec or 1 second.',
};

/** Whole numbers are exact at any size; fractions are cut, as tor does. */
function withUnit(text: string, units: ReadonlyMap<string, number>, max: bigint): string | null {
  const match = /^(\d{1,20})(\.\d*)?\s*([a-z]*)$/i.exec(text);
  if (match === null) return null;
  const [, whole = '0', fraction, unit = ''] = match;
  const factor = units.get(unit.toLowerCase());
  if (factor === undefined) return null;
  const product =
    fraction === undefined ? BigInt(whole) * BigInt(factor) : BigInt(Math.trunc(Number(whole + fraction) * factor));
  return product > max ? null : String(product);
}

function withoutSpaces(text: string): string {
  const items = text.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '').join(',');
}

function unitTable(rows: readonly (readonly [factor: number, names: string])[]): ReadonlyMap<string, number> {
  const named = rows.flatMap(([factor, names]) => names.split(' ').map((name) => [name, factor] as const));
  return new Map([['', 1], ...named]);
}
