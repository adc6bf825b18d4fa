// Traffic: BW (all of tor), STREAM_BW, CIRC_BW, CONN_BW. control-spec §4.1.4, §4.1.13, §4.1.21, §4.1.22.
import { parseArguments } from '../arguments.ts';
import { protocolError } from '../problem.ts';
import { optional, parseCount, parseFlag, parseTime } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

/** Once a second. */
export interface BwEvent {
  readonly type: 'BW';
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly keywords: ReadonlyMap<string, string>;
}

/** Since the last event of this stream; seen from the application, not from tor. */
export interface StreamBwEvent {
  readonly type: 'STREAM_BW';
  readonly streamId: string;
  readonly writtenBytes: number;
  readonly readBytes: number;
  readonly time: Date | undefined;
}

/** Since the last event of this circuit. Congestion fields only where congestion control was negotiated. */
export interface CircBwEvent {
  readonly type: 'CIRC_BW';
  readonly circuitId: string;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly time: Date | undefined;
  readonly deliveredReadBytes: number | undefined;
  readonly overheadReadBytes: number | undefined;
  readonly deliveredWrittenBytes: number | undefined;
  readonly overheadWrittenBytes: number | undefined;
  readonly slowStart: boolean | undefined;
  readonly cwndCells: number | undefined;
  readonly rttMs: number | undefined;
  readonly minRttMs: number | undefined;
  readonly keywords: ReadonlyMap<string, string>;
}

/** Since the last event of this connection. Only on a testing network. */
export interface ConnBwEvent {
  readonly type: 'CONN_BW';
  readonly connId: string;
  /** `OR`, `DIR`, `EXIT`. */
  readonly connType: string;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

// 650 BW 12062 11426
export function parseBw({ text }: RawEvent<'BW'>): BwEvent {
  const { positional, keywords } = parseArguments(text, 2);
  const [read = '', written = ''] = positional;
  return { type: 'BW', readBytes: parseCount(read, 'read'), writtenBytes: parseCount(written, 'written'), keywords };
}

// 650 STREAM_BW 39 14192 0 2026-11-20T23:13:03.979799
export function parseStreamBw({ text }: RawEvent<'STREAM_BW'>): StreamBwEvent {
  const [streamId = '', written = '', read = '', time] = parseArguments(text, 3).positional;
  return {
    type: 'STREAM_BW',
    streamId,
    writtenBytes: parseCount(written, 'written'),
    readBytes: parseCount(read, 'read'),
    time: optional(time, (text) => parseTime(text, 'time')),
  };
}

// 650 CIRC_BW ID=4 READ=509 WRITTEN=509 TIME=2026-11-20T23:13:02.592635 DELIVERED_READ=1 OVERHEAD_READ=497
//     DELIVERED_WRITTEN=23 OVERHEAD_WRITTEN=475 SS=1 CWND=124 RTT=0 MIN_RTT=0                       (one line)
export function parseCircBw({ text }: RawEvent<'CIRC_BW'>): CircBwEvent {
  const { keywords } = parseArguments(text);
  const count = (name: string) => optional(keywords.get(name), (value) => parseCount(value, name));
  return {
    type: 'CIRC_BW',
    circuitId: needed(keywords, 'ID'),
    readBytes: parseCount(needed(keywords, 'READ'), 'READ'),
    writtenBytes: parseCount(needed(keywords, 'WRITTEN'), 'WRITTEN'),
    time: optional(keywords.get('TIME'), (time) => parseTime(time, 'TIME')),
    deliveredReadBytes: count('DELIVERED_READ'),
    overheadReadBytes: count('OVERHEAD_READ'),
    deliveredWrittenBytes: count('DELIVERED_WRITTEN'),
    overheadWrittenBytes: count('OVERHEAD_WRITTEN'),
    slowStart: optional(keywords.get('SS'), (flag) => parseFlag(flag, 'SS')),
    cwndCells: count('CWND'),
    rttMs: count('RTT'),
    minRttMs: count('MIN_RTT'),
    keywords,
  };
}

// 650 CONN_BW ID=12 TYPE=OR READ=8551 WRITTEN=9074
export function parseConnBw({ text }: RawEvent<'CONN_BW'>): ConnBwEvent {
  const { keywords } = parseArguments(text);
  return {
    type: 'CONN_BW',
    connId: needed(keywords, 'ID'),
    connType: needed(keywords, 'TYPE'),
    readBytes: parseCount(needed(keywords, 'READ'), 'READ'),
    writtenBytes: parseCount(needed(keywords, 'WRITTEN'), 'WRITTEN'),
  };
}

function needed(keywords: ReadonlyMap<string, string>, name: string): string {
  const value = keywords.get(name);
  if (value === undefined) throw protocolError('control-missing-argument', `${name}= is missing`);
  return value;
}
