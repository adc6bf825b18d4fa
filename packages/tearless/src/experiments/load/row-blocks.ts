// Traffic, flags and aggregate rows as blocks: few rows beside the samples, written and read as values.
import type { StoredBlock } from '../../store/experiment-sources.ts';
import type { AggregateRow, FlagSighting, ServerSpan } from '../model/measurements.ts';
import { type Column, type Columns, decodeBlock, encodeBlock } from './block-codec.ts';
import type { AggregateHead, FlagHead, RelayKey, TrafficHead } from './block-heads.ts';

const deltas: ReadonlySet<string> = new Set(['atMs', 'line']);

export interface TrafficRow {
  readonly relay: RelayKey;
  readonly atMs: number;
  readonly line: number;
  /** Bytes a second; NaN where missing. */
  readonly observedBps: number;
  readonly advertisedBps: number;
  readonly writtenBps: number;
}

export interface FlagRow extends FlagSighting {
  readonly relay: RelayKey;
  readonly line: number;
}

const f64 = <T>(rows: readonly T[], of: (row: T) => number): Float64Array => Float64Array.from(rows, of);

/** Rows of each relay behind each other, by time. */
const byRelay = <T extends { readonly relay: RelayKey; readonly atMs: number }>(rows: readonly T[]) => {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = `${row.relay.id ?? ''}\n${row.relay.nickname}\n${row.relay.fingerprint ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const ordered = [...groups.values()].map((group) => group.sort((a, b) => a.atMs - b.atMs));
  const relays = ordered.flatMap(([first]) => (first === undefined ? [] : [first.relay]));
  return { rows: ordered.flat(), relays, counts: ordered.map((group) => group.length) };
};

const toBlock = (
  kind: string,
  rows: readonly { readonly atMs: number }[],
  head: TrafficHead | FlagHead | AggregateHead,
  columns: readonly (readonly [string, Column])[],
): StoredBlock => {
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const { atMs } of rows) {
    fromMs = Math.min(fromMs, atMs);
    toMs = Math.max(toMs, atMs);
  }
  const data = encodeBlock(new Map([['atMs', f64(rows, ({ atMs }) => atMs)], ...columns]), deltas);
  return { kind, fromMs, toMs, rows: rows.length, head: JSON.stringify(head), data };
};

export const encodeTraffic = (traffic: readonly TrafficRow[]): StoredBlock => {
  const { rows, relays, counts } = byRelay(traffic);
  return toBlock('traffic', rows, { relays, counts }, [
    ['line', Uint32Array.from(rows, ({ line }) => line)],
    ['observedBps', f64(rows, ({ observedBps }) => observedBps)],
    ['advertisedBps', f64(rows, ({ advertisedBps }) => advertisedBps)],
    ['writtenBps', f64(rows, ({ writtenBps }) => writtenBps)],
  ]);
};

export const encodeFlags = (sightings: readonly FlagRow[]): StoredBlock => {
  const { rows, relays, counts } = byRelay(sightings);
  const sets: string[][] = [];
  const indexes = new Map<string, number>();
  const setOf = ({ flags }: FlagRow): number => {
    const key = flags.join(',');
    let index = indexes.get(key);
    if (index === undefined) {
      index = sets.push([...flags]) - 1;
      indexes.set(key, index);
    }
    return index;
  };
  const set = Uint32Array.from(rows, setOf);
  return toBlock('flags', rows, { relays, counts, sets }, [
    ['line', Uint32Array.from(rows, ({ line }) => line)],
    ['set', set],
    ['running', Uint8Array.from(rows, ({ running }) => (running === undefined ? 2 : Number(running)))],
  ]);
};

export const encodeAggregates = (rows: readonly AggregateRow[], servers: readonly ServerSpan[]): StoredBlock => {
  const names = [...new Set(rows.map(({ server }) => server))];
  const indexes = new Map(names.map((name, index) => [name, index]));
  return toBlock('aggregates', rows, { names, servers: [...servers] }, [
    ['server', Uint32Array.from(rows, ({ server }) => indexes.get(server) ?? 0)],
    ['relays', Uint32Array.from(rows, ({ relays }) => relays)],
    ['totalKib', f64(rows, ({ totalKib }) => totalKib)],
  ]);
};

/** The column's numbers, or nothing where the block has no such column. */
const numbersOf = (columns: Columns, name: string): Column => columns.get(name) ?? new Float64Array(0);

function* walk(head: TrafficHead): Generator<readonly [RelayKey, number]> {
  let row = 0;
  for (const [index, relay] of head.relays.entries())
    for (const end = row + (head.counts[index] ?? 0); row < end; row += 1) yield [relay, row];
}

export const decodeTraffic = (head: TrafficHead, data: Uint8Array): TrafficRow[] => {
  const columns = decodeBlock(data);
  const [atMs, line, observed, advertised, written] = [
    'atMs',
    'line',
    'observedBps',
    'advertisedBps',
    'writtenBps',
  ].map((name) => numbersOf(columns, name));
  return [...walk(head)].map(([relay, row]) => ({
    relay,
    atMs: atMs?.[row] ?? 0,
    line: line?.[row] ?? 0,
    observedBps: observed?.[row] ?? Number.NaN,
    advertisedBps: advertised?.[row] ?? Number.NaN,
    writtenBps: written?.[row] ?? Number.NaN,
  }));
};

export const decodeFlags = (head: FlagHead, data: Uint8Array): FlagRow[] => {
  const columns = decodeBlock(data);
  const [atMs, line, set, running] = ['atMs', 'line', 'set', 'running'].map((name) => numbersOf(columns, name));
  return [...walk(head)].map(([relay, row]) => ({
    relay,
    atMs: atMs?.[row] ?? 0,
    line: line?.[row] ?? 0,
    flags: head.sets[set?.[row] ?? 0] ?? [],
    ...(running?.[row] === 2 ? {} : { running: running?.[row] === 1 }),
  }));
};

export const decodeAggregates = (head: AggregateHead, data: Uint8Array): AggregateRow[] => {
  const columns = decodeBlock(data);
  const [server, relays, totalKib] = ['server', 'relays', 'totalKib'].map((name) => numbersOf(columns, name));
  return Array.from(numbersOf(columns, 'atMs'), (atMs, row) => ({
    atMs,
    server: head.names[server?.[row] ?? 0] ?? '',
    relays: relays?.[row] ?? 0,
    totalKib: totalKib?.[row] ?? 0,
  }));
};
