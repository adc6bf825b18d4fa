// Puts a key into a YAML map, or takes one out, by cutting the text where the parser says that it stands: whatever is not
// touched stays byte by byte, comments and spacing included. Pure.
import { Document, isCollection, isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { Bug } from '../base/error.ts';

interface Place {
  readonly start: number;
  /** Behind the value, before a comment that follows it. */
  readonly end: number;
}

const placeOf = (node: unknown): Place => {
  const range = isCollection(node) || isScalar(node) ? node.range : undefined;
  if (range === undefined || range === null) throw new Bug('a parsed YAML node has no place');
  return { start: range[0], end: range[1] };
};

/** A block map ends where its last value does; its own range takes in what follows. */
const endOf = (node: unknown): number => {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last === undefined ? placeOf(node).end : endOf(last.value ?? last.key);
  }
  if (isCollection(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last === undefined ? placeOf(node).end : endOf(last);
  }
  return placeOf(node).end;
};

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
const lineEnd = (text: string, offset: number): number => {
  const found = text.indexOf('\n', offset);
  return found === -1 ? text.length : found;
};

const splice = (text: string, start: number, end: number, put: string): string =>
  text.slice(0, start) + put + text.slice(end);

const mapAt = (text: string, keys: readonly string[]): YAMLMap => {
  const document = parseDocument(text, { version: '1.2' });
  const found = keys.length === 0 ? document.contents : document.getIn(keys, true);
  if (!isMap(found)) throw new Bug(`${keys.join('.')} is no map`);
  return found as YAMLMap;
};

const pairOf = (map: YAMLMap, key: string): Pair | undefined =>
  map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);

/** One line: `{ address: 10.0.0.1 }`. */
export const renderFlow = (value: unknown): string => {
  const document = new Document();
  document.contents = document.createNode(value, { flow: true });
  return document.toString({ lineWidth: 0 }).trim();
};

/** The lines of a key with its value as they stand in the text, without blank lines at the end; undefined where it is not. */
export const readSection = (text: string, key: string): string | undefined => {
  const pair = pairOf(mapAt(text, []), key);
  if (pair === undefined) return undefined;
  return text.slice(placeOf(pair.key).start, lineEnd(text, endOf(pair.value ?? pair.key)));
};

/** Replaces a key of the outermost map with its value by other lines. */
export const replaceSection = (text: string, key: string, section: string): string => {
  const pair = pairOf(mapAt(text, []), key);
  if (pair === undefined) throw new Bug(`there is no ${key}`);
  return splice(text, placeOf(pair.key).start, endOf(pair.value ?? pair.key), section);
};

/** Puts lines behind a key of the outermost map and its value. */
export const insertSection = (text: string, after: string, section: string): string => {
  const pair = pairOf(mapAt(text, []), after);
  if (pair === undefined) throw new Bug(`there is no ${after}`);
  const at = lineEnd(text, endOf(pair.value ?? pair.key));
  return splice(text, at, at, `\n${section}`);
};

/** Sets `key` of the map at `keys` to a value written on one line. */
export const setKey = (text: string, keys: readonly string[], key: string, value: unknown): string => {
  const map = mapAt(text, keys);
  const standing = pairOf(map, key);
  if (standing?.value !== undefined && standing.value !== null)
    return splice(text, placeOf(standing.value).start, endOf(standing.value), renderFlow(value));
  const entry = `${renderFlow(key)}: ${renderFlow(value)}`;
  const last = map.items.at(-1);
  if (last === undefined) {
    const { start, end } = placeOf(map);
    // `hosts: {}` opens up: its first key goes on a line of its own. An inner one stays on its line.
    if (keys.length > 1) return splice(text, start, end, `{ ${entry} }`);
    const closed = splice(text, text.slice(0, start).trimEnd().length, end, '');
    const at = lineEnd(closed, text.slice(0, start).trimEnd().length);
    return splice(closed, at, at, `\n${'  '.repeat(keys.length)}${entry}`);
  }
  const end = endOf(last.value ?? last.key);
  if (map.flow === true) return splice(text, end, end, `, ${entry}`);
  const { start } = placeOf(last.key);
  const indentation = ' '.repeat(start - lineStart(text, start));
  const at = lineEnd(text, end);
  return splice(text, at, at, `\n${indentation}${entry}`);
};

/** Takes `key` out of the map at `keys`; a map that it leaves empty is written `{}`. */
export const removeKey = (text: string, keys: readonly string[], key: string): string => {
  const map = mapAt(text, keys);
  const index = map.items.findIndex((item) => isScalar(item.key) && String(item.key.value) === key);
  const pair = map.items[index];
  if (pair === undefined) return text;
  const { start } = placeOf(pair.key);
  const end = endOf(pair.value ?? pair.key);
  if (map.flow === true && map.items.length === 1) {
    const { start: open, end: close } = placeOf(map);
    return splice(text, open, close, '{}');
  }
  if (map.flow === true) {
    const [before, after] = [map.items[index - 1], map.items[index + 1]];
    if (after !== undefined) return splice(text, start, placeOf(after.key).start, '');
    return splice(text, before === undefined ? start : endOf(before.value ?? before.key), end, '');
  }
  const without = splice(text, lineStart(text, start), Math.min(text.length, lineEnd(text, end) + 1), '');
  if (map.items.length > 1) return without;
  const parent = pairOf(mapAt(text, keys.slice(0, -1)), keys.at(-1) ?? '');
  const at = text.indexOf(':', placeOf(parent?.key).end) + 1;
  return splice(without, at, at, ' {}');
};

/** Whether the outermost map is written in braces, as JSON is: lines of a block cannot stand in it. */
export const isWrittenInBraces = (text: string): boolean => mapAt(text, []).flow === true;

/**
 * Puts an entry of several lines into the outermost map's map `outer`, which is made at the end of the text where it is not.
 * @param lines of the entry, its key's first, without indentation
 */
export const addEntry = (text: string, outer: string, lines: readonly string[]): string => {
  const pair = pairOf(mapAt(text, []), outer);
  const indented = (indentation: string): string => lines.map((line) => `${indentation}${line}`).join('\n');
  if (pair === undefined) return `${text.trimEnd()}\n${outer}:\n${indented('  ')}\n`;
  const last = isMap(pair.value) ? pair.value.items.at(-1) : undefined;
  if (!isMap(pair.value) || last === undefined) {
    // `outer:` alone, or `outer: {}`
    const { end } = placeOf(pair.value ?? pair.key);
    const colon = text.indexOf(':', placeOf(pair.key).end) + 1;
    const opened = splice(text, colon, Math.max(colon, end), '');
    const at = lineEnd(opened, colon);
    return splice(opened, at, at, `\n${indented('  ')}`);
  }
  if (pair.value.flow === true) {
    // A map on one line is written anew, one entry a line, so that several lines may follow.
    const entries = pair.value.items.map(
      (item) => `  ${text.slice(placeOf(item.key).start, endOf(item.value ?? item.key))}`,
    );
    const { start, end } = placeOf(pair.value);
    return splice(text, text.slice(0, start).trimEnd().length, end, `\n${[...entries, indented('  ')].join('\n')}`);
  }
  const { start } = placeOf(last.key);
  const at = lineEnd(text, endOf(last.value ?? last.key));
  return splice(text, at, at, `\n${indented(' '.repeat(start - lineStart(text, start)))}`);
};
