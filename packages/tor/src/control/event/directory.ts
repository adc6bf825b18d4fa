// Directory documents that arrived: NEWDESC, NEWCONSENSUS, NS. control-spec §4.1.6, §4.1.12, §4.1.15.
// The router statuses are left as text; netdoc reads them.
import { parseArguments } from '../arguments.ts';
import { dataText } from '../message.ts';
import { protocolError } from '../problem.ts';
import { parseRouterName, type RouterName } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

export interface NewDescEvent {
  readonly type: 'NEWDESC';
  readonly routers: readonly RouterName[];
}

export interface NetworkStatusEvent<K extends string = 'NS' | 'NEWCONSENSUS'> {
  readonly type: K;
  /** Router status entries as in a consensus (dir-spec §3.4.1), one after the other. */
  readonly text: string;
}

// 650 NEWDESC $0A52517B751806C5C565CC0B95D9F90772463F39~relay2 $37B3F5E8471F666A10B190B76795C3534B00D9EF~relay3
export function parseNewDesc({ text }: RawEvent<'NEWDESC'>): NewDescEvent {
  return { type: 'NEWDESC', routers: parseArguments(text, 1).positional.map(parseRouterName) };
}

// 650+NS
// r relay2 ClJRe3UYBsXFZcwLldn5B3JGPzk QDtBidXX7GDtl02kOqp0dshhN2E 2038-01-01 00:00:00 127.77.91.13 9001 0
// s Exit Fast Guard HSDir Running Stable V2Dir Valid
// w Bandwidth=0
// .
// 650 OK
export function parseNetworkStatus<K extends string>({ name, message }: RawEvent<K>): NetworkStatusEvent<K> {
  const { data } = message.lines[0];
  if (data === undefined) throw protocolError('control-missing-data', 'it has no data');
  return { type: name, text: dataText(data) };
}
