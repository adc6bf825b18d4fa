// Rows of memory measurements, in both forms: one a relay (with or without its arm), and one over all relays of a server.
import { formatCount } from '../../report/experiment/figures.ts';
import { describeRepeat } from '../model/import-problem.ts';
import { type AggregateRow, missingKib } from '../model/measurements.ts';
import type { Table } from './columns.ts';
import { quote, readAmount, readFingerprint, readKib, readName, unreadable } from './fields.ts';
import type { InstantReader } from './instant.ts';
import type { ProblemLog } from './problem-log.ts';
import type { SampleSink } from './sample-sink.ts';
import type { TimeKinds } from './time-kinds.ts';

const mostRelays = 1_000_000;
/** 1 PiB over all relays of a server. */
const mostTotalKib = 2 ** 40;

export class MemoryRows {
  readonly aggregates: AggregateRow[] = [];
  relayRows = 0;
  /** Of the row before: nearly all rows name the same. */
  #server = { raw: '', name: '' };
  #emptyFingerprints = 0;
  #firstEmpty = 0;
  readonly #table: Table;
  readonly #sink: SampleSink;
  readonly #log: ProblemLog;
  readonly #instants: InstantReader;
  readonly #times: TimeKinds;
  readonly #aggregateLines = new Map<string, { readonly line: number; readonly row: AggregateRow }>();
  readonly #columns: Record<
    | 'timestamp'
    | 'server'
    | 'type'
    | 'fingerprint'
    | 'nickname'
    | 'group'
    | 'rss'
    | 'virtual'
    | 'peak'
    | 'count'
    | 'total',
    number
  >;

  constructor(table: Table, sink: SampleSink, log: ProblemLog, instants: InstantReader, times: TimeKinds) {
    this.#table = table;
    this.#sink = sink;
    this.#log = log;
    this.#instants = instants;
    this.#times = times;
    const at = (name: keyof Table['at']): number => table.at[name] ?? -1;
    this.#columns = {
      timestamp: at('timestamp'),
      server: at('server'),
      type: at('type'),
      fingerprint: at('fingerprint'),
      nickname: at('nickname'),
      group: at('group'),
      rss: at('rss'),
      virtual: at('virtual'),
      peak: at('peak'),
      count: at('count'),
      total: at('total'),
    };
  }

  #bad(line: number, why: string): void {
    this.#log.add({ code: 'bad-row', line, message: why });
  }

  record(fields: readonly string[], line: number): void {
    const columns = this.#columns;
    const { width } = this.#table;
    if (fields.length !== width) {
      this.#bad(line, `${fields.length} fields where the header has ${width}`);
      return;
    }
    const atMs = this.#instants.read(fields[columns.timestamp] ?? '');
    if (Number.isNaN(atMs)) {
      this.#bad(line, `${quote(fields[columns.timestamp] ?? '')} is no time`);
      return;
    }
    const { zoned } = this.#instants;
    const rawType = fields[columns.type] ?? '';
    const type = rawType === 'relay' || rawType === '' ? rawType : rawType.trim().toLowerCase();
    const nickname = fields[columns.nickname] ?? '';
    if (type === 'relay' || (type === '' && (nickname !== '' || (fields[columns.fingerprint] ?? '') !== '')))
      this.#relay(fields, line, atMs, zoned, nickname);
    else if (type === 'aggregate' || type === '') this.#aggregate(fields, line, atMs, zoned);
    else this.#bad(line, `the type ${quote(rawType)} is neither relay nor aggregate`);
  }

  #relay(fields: readonly string[], line: number, atMs: number, zoned: boolean, rawNickname: string): void {
    const columns = this.#columns;
    const rss = readKib(fields[columns.rss] ?? '');
    const virtual = readKib(fields[columns.virtual] ?? '');
    const peak = readKib(fields[columns.peak] ?? '');
    if (rss === unreadable || virtual === unreadable || peak === unreadable) {
      const field = rss === unreadable ? columns.rss : virtual === unreadable ? columns.virtual : columns.peak;
      this.#bad(
        line,
        `${quote(fields[field] ?? '')} is no number of KiB from 1 to below 2^32 (${this.#table.found[field]})`,
      );
      return;
    }
    if (rss === missingKib && virtual === missingKib && peak === missingKib) {
      this.#bad(line, 'it holds no figure');
      return;
    }
    const rawFingerprint = fields[columns.fingerprint] ?? '';
    const fingerprint = rawFingerprint === '' ? '' : readFingerprint(rawFingerprint);
    if (fingerprint === undefined) {
      this.#bad(line, `${quote(rawFingerprint)} is no fingerprint: 40 hexadecimal digits`);
      return;
    }
    const nickname = readName(rawNickname);
    if (nickname === undefined || (nickname === '' && fingerprint === '')) {
      this.#bad(line, nickname === undefined ? `${quote(rawNickname)} is no nickname` : 'it names no relay');
      return;
    }
    const group = readName(fields[columns.group] ?? '');
    if (group === undefined) {
      this.#bad(line, `${quote(fields[columns.group] ?? '')} is no group`);
      return;
    }
    if (fingerprint === '' && columns.fingerprint !== -1) {
      if (this.#emptyFingerprints === 0) this.#firstEmpty = line;
      this.#emptyFingerprints += 1;
    }
    const { rows } = this.#sink;
    const row = rows.add(this.#sink.relayOf(nickname, fingerprint), atMs, line);
    rows.rssKib[row] = rss;
    rows.virtualKib[row] = virtual;
    rows.peakKib[row] = peak;
    if (group !== '') rows.arm[row] = this.#sink.armOf(group);
    this.#count(fields, line, atMs, zoned);
    this.relayRows += 1;
  }

  #aggregate(fields: readonly string[], line: number, atMs: number, zoned: boolean): void {
    const columns = this.#columns;
    const relays = readAmount(fields[columns.count] ?? '', mostRelays);
    const totalKib = readAmount(fields[columns.total] ?? '', mostTotalKib);
    if (!Number.isInteger(relays) || relays < 0 || !(totalKib >= 0)) {
      this.#bad(
        line,
        `a row over all relays needs count and total_kb, and has ${quote(fields[columns.count] ?? '')} and ${quote(fields[columns.total] ?? '')}`,
      );
      return;
    }
    const server = readName(fields[columns.server] ?? '') ?? '';
    const row: AggregateRow = { atMs, server, relays, totalKib };
    const key = `${atMs}\n${server}`;
    const before = this.#aggregateLines.get(key);
    this.#count(fields, line, atMs, zoned);
    if (before === undefined) {
      this.#aggregateLines.set(key, { line, row });
      this.aggregates.push(row);
      return;
    }
    const same = before.row.relays === relays && before.row.totalKib === totalKib;
    this.#log.add({
      code: 'duplicate-row',
      line,
      message: describeRepeat(
        `the row over all relays${server === '' ? '' : ` of ${server}`}`,
        atMs,
        `line ${before.line}`,
        same,
      ),
      atMs,
      same,
    });
  }

  #count(fields: readonly string[], line: number, atMs: number, zoned: boolean): void {
    this.#times.count(zoned, line);
    const raw = this.#columns.server === -1 ? '' : (fields[this.#columns.server] ?? '');
    if (raw !== this.#server.raw) this.#server = { raw, name: readName(raw) ?? '' };
    if (this.#server.name !== '') this.#sink.countServer(this.#server.name, atMs);
  }

  /** Says what is true of the file as a whole. */
  end(): void {
    if (this.#emptyFingerprints > 0)
      this.#log.add({
        code: 'empty-fingerprint',
        line: this.#firstEmpty,
        message: `${formatCount(this.#emptyFingerprints)} of ${formatCount(this.relayRows)} rows name no fingerprint: their relays are told by nickname`,
        rows: this.#emptyFingerprints,
      });
  }
}
