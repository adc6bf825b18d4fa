// The evidence of a finding for people: figures in units that people read, long lists cut to their beginning. All of it,
// to the byte, is in the JSON.
import type { JsonObject, JsonValue } from '../../../base/json.ts';
import { formatCount } from '../../../report/experiment/figures.ts';
import { formatBytes, formatInstant } from '../../../report/format.ts';

/** `meanBytes` as `mean`, `adjustedP` as `adjusted p`. */
const wordsOf = (key: string): string =>
  key.replace(/Bytes(?=$|PerDay$)|Ms$/, '').replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const figure = (key: string, value: number): string => {
  if (/bytes(?:PerDay)?$/i.test(key)) return formatBytes(value);
  if (/ms$/i.test(key)) return `${Number((value / 3_600_000).toFixed(2))} h`;
  if (/share$/i.test(key)) return `${Number((100 * value).toPrecision(2))} %`;
  // Numbers of lines are searched for as they are.
  if (Number.isInteger(value)) return key === 'lines' ? String(value) : formatCount(value);
  return String(Number(value.toPrecision(3)));
};

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const text = (value: string): string => (instantPattern.test(value) ? formatInstant(Date.parse(value)) : value);

/** Lists up to so long are shown whole: the arms of an experiment. */
const mostWhole = 12;
const fewShown = 5;

/** @param total how many there are, where the list itself is only a part of them */
const textOf = (key: string, value: JsonValue, total = 0): string => {
  if (value === null) return 'none';
  if (typeof value === 'number') return figure(key, value);
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object') return String(value);
  const isList = Array.isArray(value);
  const items = isList ? value.map((item) => [key, item] as const) : Object.entries(value);
  const most = items.some(([, item]) => typeof item === 'object') ? fewShown : mostWhole;
  const shown = items
    .slice(0, items.length <= most ? most : fewShown)
    .map(([name, item]) => (isList ? textOf(name, item) : `${wordsOf(name)} ${textOf(name, item)}`));
  const rest = Math.max(items.length, total) - shown.length;
  const separator = isList ? '; ' : ', ';
  return rest > 0 ? `${shown.join(separator)} and ${formatCount(rest)} more` : shown.join(separator);
};

const isEmpty = (value: JsonValue): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** The figure that says how many there are of what a list shows the first of. */
const totals: Readonly<Record<string, string>> = { lines: 'rows', gaps: 'count', changes: 'count', instants: 'count' };

/** Plain figures in one sentence, what is longer each in its own. */
export const renderEvidence = (evidence: JsonObject): string[] => {
  const entries = Object.entries(evidence).filter(([, value]) => !isEmpty(value));
  const plain = entries.filter(([, value]) => typeof value !== 'object');
  const nested = entries.filter(([, value]) => typeof value === 'object');
  const totalOf = (key: string): number => {
    const total = evidence[totals[key] ?? ''];
    return typeof total === 'number' ? total : 0;
  };
  return [
    ...(plain.length === 0 ? [] : [plain.map(([key, value]) => `${wordsOf(key)} ${textOf(key, value)}`).join(' · ')]),
    ...nested.map(([key, value]) => `${wordsOf(key)}: ${textOf(key, value, totalOf(key))}`),
  ];
};
