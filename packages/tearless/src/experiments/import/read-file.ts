// One file into what is stored of it: its document, its blocks, what was wrong with it. Streamed; whole only where it is small.
import { createHash } from 'node:crypto';
import type { StoredBlock } from '../../store/experiment-sources.ts';
import type { SourceDocument } from '../load/documents.ts';
import { encodeAggregates, encodeFlags, encodeTraffic } from '../load/row-blocks.ts';
import { ExperimentError } from '../model/experiment-error.ts';
import { type Table, unreadColumns } from './columns.ts';
import { RecordReader } from './csv-records.ts';
import type { FolderFile, ImportFolder } from './folder.ts';
import { InstantReader } from './instant.ts';
import { ProblemLog } from './problem-log.ts';
import { EventRows, parseGroupList } from './read-lists.ts';
import { isManifest, parseJsonFile, parseManifest } from './read-manifest.ts';
import { MemoryRows } from './read-memory.ts';
import { RelayConfigRows } from './read-relay-config.ts';
import { TrafficRows } from './read-traffic.ts';
import type { FileKind } from './recognise.ts';
import { type ReadBack, SampleSink } from './sample-sink.ts';
import { LineSplitter } from './text-lines.ts';
import { TimeKinds } from './time-kinds.ts';

/** JSON and lists are read whole up to this size. */
const mostWholeBytes = 64 * 1024 * 1024;
/** Rows of traffic held before they are written. */
const trafficRows = 100_000;

export interface FileSetup {
  readonly folder: ImportFolder;
  readonly file: FolderFile;
  readonly kind: Exclude<FileKind, { readonly kind: 'other' | 'unusable' }>;
  readonly timeZone: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Keeps blocks of this file; resolves when they are written. */
  readonly write: (blocks: readonly StoredBlock[]) => Promise<void>;
  readonly readBack: ReadBack;
  readonly onBytes: (bytes: number, rows: number) => void;
}

export interface FileOutcome {
  /** undefined: it turned out to be nothing of an experiment. */
  readonly document: SourceDocument | undefined;
  readonly rows: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly log: ProblemLog;
}

/** Gives chunks, counts and hashes them, and stops where it is asked to. */
async function* readBytes(
  { folder, file, signal }: FileSetup,
  hash: { update(chunk: Uint8Array): unknown },
  count: { bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of folder.open(file.name)) {
    signal?.throwIfAborted();
    hash.update(chunk);
    count.bytes += chunk.length;
    yield chunk;
  }
  signal?.throwIfAborted();
}

interface TableRows {
  record(fields: readonly string[], line: number): void;
  /** What can be written now; called between chunks, and at the end with `last`. */
  drain(last: boolean): Promise<readonly StoredBlock[]>;
  rows(): number;
  finish(): SourceDocument;
}

const openTable = (setup: FileSetup, table: Table, log: ProblemLog): TableRows => {
  const { kind, timeZone, readBack } = setup;
  const instants = new InstantReader(timeZone);
  const times = new TimeKinds();
  const of = kind.kind === 'table' ? kind.of : 'events';
  if (of === 'memory') {
    const sink = new SampleSink(log);
    const memory = new MemoryRows(table, sink, log, instants, times);
    return {
      record: (fields, line) => memory.record(fields, line),
      drain: async (last) => {
        if (!last && !sink.isFull) return [];
        const blocks = await sink.flush(readBack);
        const { aggregates } = memory;
        if (last && aggregates.length > 0) blocks.push(encodeAggregates(aggregates, sink.takeServers()));
        return blocks;
      },
      rows: () => memory.relayRows + memory.aggregates.length,
      finish: () => {
        memory.end();
        times.report(log, timeZone);
        return { kind: 'memory', times: times.counts };
      },
    };
  }
  if (of === 'traffic') {
    const traffic = new TrafficRows(table, log, instants, times);
    return {
      record: (fields, line) => traffic.record(fields, line),
      drain: async (last) => {
        const blocks: StoredBlock[] = [];
        if (traffic.traffic.length > (last ? 0 : trafficRows)) blocks.push(encodeTraffic(traffic.traffic.splice(0)));
        if (traffic.flags.length > (last ? 0 : trafficRows)) blocks.push(encodeFlags(traffic.flags.splice(0)));
        return blocks;
      },
      rows: () => traffic.rows,
      finish: () => {
        times.report(log, timeZone);
        return { kind: 'traffic', times: times.counts };
      },
    };
  }
  if (of === 'relay-config') {
    const config = new RelayConfigRows(table, log);
    return {
      record: (fields, line) => config.record(fields, line),
      drain: async () => [],
      rows: () => config.relays.length,
      finish: () => config.end(),
    };
  }
  const events = new EventRows(log, timeZone);
  return {
    record: (fields, line) => events.record(fields, line, table),
    drain: async () => [],
    rows: () => events.count,
    finish: () => events.end(),
  };
};

/** A row that is the header again: files that were put together. */
const isHeaderAgain = (fields: readonly string[], { found }: Table): boolean =>
  fields.length === found.length && fields.every((field, index) => field.trim() === found[index]);

const readTable = async (
  setup: FileSetup,
  table: Table,
  headerLine: number,
  log: ProblemLog,
  chunks: AsyncIterable<Uint8Array>,
  count: { readonly bytes: number },
): Promise<{ document: SourceDocument; rows: number }> => {
  const rows = openTable(setup, table, log);
  const first = table.found[0];
  const reader = new RecordReader(table.delimiter, {
    record: (fields, line) => {
      if (line <= headerLine) return;
      if (fields[0] === first && isHeaderAgain(fields, table)) {
        log.add({ code: 'bad-row', line, message: 'it is the first line again: files were put together' });
        return;
      }
      rows.record(fields, line);
    },
    broken: (line, why) => log.add({ code: 'bad-row', line, message: why }),
  });
  const of = setup.kind.kind === 'table' ? setup.kind.of : 'events';
  for (const name of unreadColumns(table, of))
    log.add({ code: 'unknown-column', line: headerLine, message: `the column ${name} is not read` });
  const splitter = new LineSplitter();
  for await (const chunk of chunks) {
    reader.feed(splitter.push(chunk));
    const blocks = await rows.drain(false);
    if (blocks.length > 0) await setup.write(blocks);
    setup.onBytes(count.bytes, rows.rows());
  }
  reader.feed(splitter.end());
  reader.end();
  const blocks = await rows.drain(true);
  if (blocks.length > 0) await setup.write(blocks);
  return { document: rows.finish(), rows: rows.rows() };
};

const readWhole = async (
  setup: FileSetup,
  log: ProblemLog,
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ document: SourceDocument | undefined; rows: number }> => {
  const { file, kind, timeZone } = setup;
  if (file.bytes > mostWholeBytes)
    throw new ExperimentError({
      kind: 'failed',
      code: 'import-unreadable',
      message: `${file.name} cannot be read: it has ${file.bytes} bytes, and such files are read up to ${mostWholeBytes}`,
      hint: 'leave it out or cut it into parts; nothing was imported',
      subject: file.name,
    });
  const splitter = new LineSplitter();
  const lines: string[] = [];
  for await (const chunk of chunks) for (const line of splitter.push(chunk)) lines.push(line);
  lines.push(...splitter.end());
  if (kind.kind === 'group-list') {
    const document = parseGroupList(lines, file.name, log);
    return { document, rows: document.relays.length };
  }
  const events = new EventRows(log, timeZone);
  if (kind.kind === 'json') {
    const value = parseJsonFile(lines.join('\n'), file.name);
    if (isManifest(value) || /(^|\/)experiment\.json$/i.test(file.name))
      return { document: parseManifest(value, file.name, timeZone), rows: 1 };
    const list = Array.isArray(value) ? value : (value as { readonly events?: unknown } | null)?.events;
    if (!Array.isArray(list) || !/event/i.test(`${file.name}${Array.isArray(value) ? '' : 'events'}`))
      return { document: undefined, rows: 0 };
    for (const [index, each] of list.entries()) events.object(each, index + 1);
  } else
    for (const [index, text] of lines.entries()) {
      if (kind.kind === 'event-lines') events.line(text, index + 1);
      else if (text.trim() !== '') events.object(parseLine(text), index + 1);
    }
  return { document: events.end(), rows: events.count };
};

/** A line of JSON; what is none has no fields, which is told with its number. */
const parseLine = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** @throws ExperimentError where the file cannot be used at all; the signal's reason */
export const readFile = async (setup: FileSetup): Promise<FileOutcome> => {
  const { kind, file } = setup;
  const hash = createHash('sha256');
  const count = { bytes: 0 };
  const log = new ProblemLog(file.name);
  const chunks = readBytes(setup, hash, count);
  const { document, rows } =
    kind.kind === 'table'
      ? await readTable(setup, kind.table, kind.headerLine, log, chunks, count)
      : await readWhole(setup, log, chunks);
  setup.onBytes(count.bytes, rows);
  return { document, rows, sha256: hash.digest('hex'), bytes: count.bytes, log };
};
