// Rows of traffic and flags: what a relay's descriptor, its write history or the consensus says of it at an instant.
import type { FlagRow, TrafficRow } from '../load/row-blocks.ts';
import { describeRepeat } from '../model/import-problem.ts';
import type { ColumnName, Table } from './columns.ts';
import { quote, readAmount, unreadable } from './fields.ts';
import type { InstantReader } from './instant.ts';
import { fieldsOf, readNames } from './named-row.ts';
import type { ProblemLog } from './problem-log.ts';
import type { TimeKinds } from './time-kinds.ts';

/** 1 TB a second. */
const mostBps = 1e12;
/** A column of megabits a second holds the same as one of bytes a second. */
const bytesInMegabit = 125_000;

export class TrafficRows {
  traffic: TrafficRow[] = [];
  flags: FlagRow[] = [];
  rows = 0;
  readonly #table: Table;
  readonly #log: ProblemLog;
  readonly #instants: InstantReader;
  readonly #times: TimeKinds;
  /** Line and figures by relay and instant. */
  readonly #seen = new Map<string, Map<number, { readonly line: number; readonly text: string }>>();

  constructor(table: Table, log: ProblemLog, instants: InstantReader, times: TimeKinds) {
    this.#table = table;
    this.#log = log;
    this.#instants = instants;
    this.#times = times;
  }

  record(fields: readonly string[], line: number): void {
    const why = this.#read(fields, line);
    if (why !== undefined) this.#log.add({ code: 'bad-row', line, message: why });
  }

  /** @returns why the row is left out */
  #read(fields: readonly string[], line: number): string | undefined {
    const field = fieldsOf(this.#table, fields);
    if (typeof field === 'string') return field;
    const atMs = this.#instants.read(field('timestamp'));
    if (Number.isNaN(atMs)) return `${quote(field('timestamp'))} is no time`;
    const { zoned } = this.#instants;
    const named = readNames(field);
    if (typeof named === 'string') return named;
    const { nickname, fingerprint } = named;
    const speed = (bytes: ColumnName, mega: ColumnName): number => {
      const direct = readAmount(field(bytes), mostBps);
      if (!Number.isNaN(direct)) return direct;
      const value = readAmount(field(mega), mostBps / bytesInMegabit);
      return value === unreadable ? unreadable : value * bytesInMegabit;
    };
    const observedBps = speed('observed', 'observedMega');
    const advertisedBps = speed('advertised', 'advertisedMega');
    const writtenBps = speed('written', 'writtenMega');
    if (observedBps === unreadable || advertisedBps === unreadable || writtenBps === unreadable)
      return 'a speed in it is no number of bytes a second from 0 to 10^12';
    const flagText = field('flags');
    const runningText = field('running').toLowerCase();
    if (!['', 'true', 'false', '1', '0', 'yes', 'no'].includes(runningText))
      return `running is ${quote(runningText)}, neither True nor False`;
    const hasSpeed = !(Number.isNaN(observedBps) && Number.isNaN(advertisedBps) && Number.isNaN(writtenBps));
    if (!hasSpeed && flagText === '' && runningText === '') return 'it holds no figure';

    this.#times.count(zoned, line);
    this.rows += 1;
    const relay = { nickname, ...(fingerprint === '' ? {} : { fingerprint }) };
    const text = `${observedBps} ${advertisedBps} ${writtenBps} ${flagText} ${runningText}`;
    const key = fingerprint === '' ? nickname : fingerprint;
    let own = this.#seen.get(key);
    if (own === undefined) {
      own = new Map();
      this.#seen.set(key, own);
    }
    const before = own.get(atMs);
    if (before !== undefined) {
      const same = before.text === text;
      this.#log.add({
        code: 'duplicate-row',
        line,
        message: describeRepeat(nickname || fingerprint, atMs, `line ${before.line}`, same),
        relay: nickname,
        ...(fingerprint === '' ? {} : { fingerprint }),
        atMs,
        same,
      });
      return undefined;
    }
    own.set(atMs, { line, text });
    if (hasSpeed) this.traffic.push({ relay, atMs, line, observedBps, advertisedBps, writtenBps });
    if (flagText !== '') {
      const flags = flagText.split(/[\s,;|]+/).filter((flag) => flag !== '');
      const running = runningText === '' ? {} : { running: ['true', '1', 'yes'].includes(runningText) };
      this.flags.push({ relay, atMs, line, flags, ...running });
    } else if (runningText !== '')
      this.flags.push({ relay, atMs, line, flags: [], running: ['true', '1', 'yes'].includes(runningText) });
    return undefined;
  }
}
