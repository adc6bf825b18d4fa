// Small text files: lists of nicknames, one file an arm, and events as a table, as JSON, or as lines that begin with a time.
import type { EventsDocument, GroupListDocument } from '../load/documents.ts';
import type { ColumnName, Table } from './columns.ts';
import { plainText, quote, readName } from './fields.ts';
import { InstantReader } from './instant.ts';
import type { ProblemLog } from './problem-log.ts';
import { TimeKinds } from './time-kinds.ts';

type Event = EventsDocument['events'][number];

const nicknamePattern = /^[A-Za-z0-9]{1,19}$/;
const stemOf = (name: string): string => (name.split('/').at(-1) ?? '').replace(/\.[^.]*$/, '');

const wordsOf = (lines: readonly string[]): { readonly text: string; readonly line: number }[] =>
  lines
    .map((text, index) => ({ text: text.replace(/#.*$/, '').trim(), line: index + 1 }))
    .filter(({ text }) => text !== '');

/** Whether a file's name alone says that it lists the relays of an arm. */
export const isListName = (name: string): boolean =>
  /(^|\/)(groups?|arms?)\//i.test(name) || /^(group|arm)[-_ .]|[-_ .](group|arm)$/i.test(stemOf(name));

/** Whether each line is a nickname. */
export const isNicknameList = (lines: readonly string[]): boolean => {
  const words = wordsOf(lines);
  return words.length > 0 && words.every(({ text }) => nicknamePattern.test(text));
};

/** `group_A.txt`, `groups/A.txt`, `A-relays.list`: the arm `A`. */
export const armOfName = (name: string): string => {
  const stem = stemOf(name)
    .replace(/^(group|arm)[-_ .]+/i, '')
    .replace(/[-_ .]+(relays?|nicknames?|group|arm|list)$/i, '');
  return stem === '' ? stemOf(name) : stem;
};

export const parseGroupList = (lines: readonly string[], name: string, log: ProblemLog): GroupListDocument => {
  const relays: string[] = [];
  const seen = new Map<string, number>();
  for (const { text, line } of wordsOf(lines)) {
    const before = seen.get(text);
    if (!nicknamePattern.test(text)) log.add({ code: 'bad-row', line, message: `${quote(text)} is no nickname` });
    else if (before !== undefined)
      log.add({
        code: 'duplicate-row',
        line,
        message: `${text} stands in line ${before} already`,
        relay: text,
        same: true,
      });
    else {
      seen.set(text, line);
      relays.push(text);
    }
  }
  return { kind: 'group-list', arm: armOfName(name), explicit: isListName(name), relays };
};

const splitRelays = (text: string): string[] =>
  text
    .split(/[\s,;|]+/)
    .map((each) => each.trim())
    .filter((each) => each !== '' && !/^(all|\*)$/i.test(each));

/** Events of one file, whatever its form; times with and without a zone may mix. */
export class EventRows {
  readonly #events: Event[] = [];
  readonly #log: ProblemLog;
  readonly #instants: InstantReader;
  readonly #timeZone: string | undefined;
  readonly #times = new TimeKinds();

  constructor(log: ProblemLog, timeZone: string | undefined) {
    this.#log = log;
    this.#timeZone = timeZone;
    this.#instants = new InstantReader(timeZone);
  }

  #add(line: number, time: string, kind: string, text: string, relays: readonly string[]): void {
    const atMs = this.#instants.read(time);
    const { zoned } = this.#instants;
    const [name, words] = [readName(kind), readName(text.slice(0, 120)) === undefined ? undefined : plainText(text)];
    if (Number.isNaN(atMs)) this.#log.add({ code: 'bad-row', line, message: `${quote(time)} is no time` });
    else if (name === undefined || words === undefined)
      this.#log.add({ code: 'bad-row', line, message: `${quote(text)} is no text of an event` });
    else {
      this.#times.count(zoned, line);
      this.#events.push({ atMs, kind: name === '' ? 'note' : name, text: words, relays: [...relays], zoned });
    }
  }

  /** A row of a table. */
  record(fields: readonly string[], line: number, table: Table): void {
    const { width, at } = table;
    if (fields.length !== width) {
      this.#log.add({ code: 'bad-row', line, message: `${fields.length} fields where the header has ${width}` });
      return;
    }
    const field = (name: ColumnName): string => {
      const index = at[name];
      return index === undefined ? '' : (fields[index] ?? '').trim();
    };
    const kind = at.event === undefined ? field('type') : field('event');
    const text = at.text === undefined ? field('notes') : field('text');
    this.#add(line, field('timestamp'), kind, text, splitRelays(`${field('nickname')} ${field('relays')}`));
  }

  /** An object of a JSON file. @param line of the file, or which object it is */
  object(value: unknown, line: number): void {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    const fields = new Map(entries.map(([name, field]) => [name.toLowerCase(), field]));
    const text = (...names: readonly string[]): string => {
      const found = names.map((name) => fields.get(name)).find((field) => field !== undefined && field !== null);
      return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
    };
    const listed = fields.get('relays') ?? fields.get('nicknames');
    const relays = Array.isArray(listed)
      ? listed.filter((each): each is string => typeof each === 'string')
      : splitRelays(text('relays', 'nicknames', 'relay', 'nickname'));
    this.#add(
      line,
      text('timestamp', 'time', 'date', 'datetime', 'at', 'ts'),
      text('kind', 'event', 'type', 'action'),
      text('text', 'message', 'description', 'notes', 'note', 'details'),
      relays,
    );
  }

  /** A line that begins with a time. */
  line(text: string, line: number): void {
    if (text.trim() === '' || text.startsWith('#')) return;
    const match =
      /^\[?(\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?|\d{10}|\d{13})\]?[\s:,;-]+(.*)$/.exec(
        text,
      );
    if (match === null) this.#log.add({ code: 'bad-row', line, message: 'it does not begin with a time' });
    else this.#add(line, match[1] ?? '', 'note', match[2] ?? '', []);
  }

  get count(): number {
    return this.#events.length;
  }

  end(): EventsDocument {
    this.#times.report(this.#log, this.#timeZone);
    return { kind: 'events', events: this.#events };
  }
}

/** Whether lines begin with times. */
export const isEventLines = (lines: readonly string[]): boolean => {
  const said = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return (
    said.length > 0 && said.filter((line) => /^\[?(\d{4}-\d{2}-\d{2}|\d{10}\b)/.test(line)).length * 2 >= said.length
  );
};
