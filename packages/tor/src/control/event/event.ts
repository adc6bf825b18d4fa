// All events by name, and the one function that makes them from messages. control-spec §4.1.
import type { TorError } from '../../error.ts';
import { parseArguments } from '../arguments.ts';
import type { Message, ReplyLine } from '../message.ts';
import { protocolError } from '../problem.ts';
import { type AddrMapEvent, parseAddrMap } from './addrmap.ts';
import {
  type BwEvent,
  type CircBwEvent,
  type ConnBwEvent,
  parseBw,
  parseCircBw,
  parseConnBw,
  parseStreamBw,
  type StreamBwEvent,
} from './bandwidth.ts';
import { type BuildTimeoutSetEvent, parseBuildTimeoutSet } from './buildtimeout-set.ts';
import { type CircEvent, type CircMinorEvent, parseCirc, parseCircMinor } from './circ.ts';
import { type ConfChangedEvent, parseConfChanged } from './conf-changed.ts';
import { type NetworkStatusEvent, type NewDescEvent, parseNetworkStatus, parseNewDesc } from './directory.ts';
import { type GuardEvent, parseGuard } from './guard.ts';
import { type HsDescContentEvent, type HsDescEvent, parseHsDesc, parseHsDescContent } from './hs-desc.ts';
import { type LogEvent, parseLog } from './log.ts';
import {
  type DescChangedEvent,
  type NetworkLivenessEvent,
  parseDescChanged,
  parseNetworkLiveness,
  parseSignal,
  type SignalEvent,
} from './notice.ts';
import { type OrConnEvent, parseOrConn } from './orconn.ts';
import type { RawEvent } from './raw-event.ts';
import { parseStatus, type StatusEvent } from './status.ts';
import { parseStream, type StreamEvent } from './stream.ts';

/** The events this library has types for, by the name that SETEVENTS takes. */
export interface EventTypes {
  ADDRMAP: AddrMapEvent;
  BUILDTIMEOUT_SET: BuildTimeoutSetEvent;
  BW: BwEvent;
  CIRC: CircEvent;
  CIRC_BW: CircBwEvent;
  CIRC_MINOR: CircMinorEvent;
  CONF_CHANGED: ConfChangedEvent;
  CONN_BW: ConnBwEvent;
  DEBUG: LogEvent<'DEBUG'>;
  DESCCHANGED: DescChangedEvent;
  ERR: LogEvent<'ERR'>;
  GUARD: GuardEvent;
  HS_DESC: HsDescEvent;
  HS_DESC_CONTENT: HsDescContentEvent;
  INFO: LogEvent<'INFO'>;
  NETWORK_LIVENESS: NetworkLivenessEvent;
  NEWCONSENSUS: NetworkStatusEvent<'NEWCONSENSUS'>;
  NEWDESC: NewDescEvent;
  NOTICE: LogEvent<'NOTICE'>;
  NS: NetworkStatusEvent<'NS'>;
  ORCONN: OrConnEvent;
  SIGNAL: SignalEvent;
  STATUS_CLIENT: StatusEvent<'STATUS_CLIENT'>;
  STATUS_GENERAL: StatusEvent<'STATUS_GENERAL'>;
  STATUS_SERVER: StatusEvent<'STATUS_SERVER'>;
  STREAM: StreamEvent;
  STREAM_BW: StreamBwEvent;
  WARN: LogEvent<'WARN'>;
}

export type EventName = keyof EventTypes;

/** An event that has no type here (CELL_STATS, CLIENTS_SEEN, PT_LOG, …), as far as any event can be read. */
export interface OtherEvent {
  readonly type: 'OTHER';
  /** The name that SETEVENTS takes. */
  readonly name: string;
  readonly positional: readonly string[];
  readonly keywords: ReadonlyMap<string, string>;
  readonly lines: readonly ReplyLine[];
}

export type TorEvent = EventTypes[EventName] | OtherEvent;

/** The type of the event with that name. */
export type EventNamed<K extends string> = K extends EventName ? EventTypes[K] : OtherEvent;

const parsers: { readonly [K in EventName]: (event: RawEvent<K>) => EventTypes[K] } = {
  ADDRMAP: parseAddrMap,
  BUILDTIMEOUT_SET: parseBuildTimeoutSet,
  BW: parseBw,
  CIRC: parseCirc,
  CIRC_BW: parseCircBw,
  CIRC_MINOR: parseCircMinor,
  CONF_CHANGED: parseConfChanged,
  CONN_BW: parseConnBw,
  DEBUG: parseLog,
  DESCCHANGED: parseDescChanged,
  ERR: parseLog,
  GUARD: parseGuard,
  HS_DESC: parseHsDesc,
  HS_DESC_CONTENT: parseHsDescContent,
  INFO: parseLog,
  NETWORK_LIVENESS: parseNetworkLiveness,
  NEWCONSENSUS: parseNetworkStatus,
  NEWDESC: parseNewDesc,
  NOTICE: parseLog,
  NS: parseNetworkStatus,
  ORCONN: parseOrConn,
  SIGNAL: parseSignal,
  STATUS_CLIENT: parseStatus,
  STATUS_GENERAL: parseStatus,
  STATUS_SERVER: parseStatus,
  STREAM: parseStream,
  STREAM_BW: parseStreamBw,
  WARN: parseLog,
};

/** Whether this library has a type for it. */
export function isEventName(name: string): name is EventName {
  return Object.hasOwn(parsers, name);
}

/** The name on the first line of an event: `CIRC`. */
export function eventNameOf(message: Message): string {
  return /^[^ ]*/.exec(message.lines[0].text)?.[0] ?? '';
}

/**
 * @returns the event; one without a type here as `OTHER`
 * @throws TorError kind `protocol`, code `control-bad-event`, when it is not as control-spec §4.1 has it; the cause says where
 * @example
 * const event = parseEvent({ async: true, lines: [{ code: 650, text: 'BW 512 1024' }] });
 * assert.equal(event.type === 'BW' && event.writtenBytes, 1024);
 */
export function parseEvent(message: Message): TorEvent {
  const name = eventNameOf(message);
  try {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw protocolError('control-bad-event', 'it has no name');
    const text = message.lines[0].text.slice(name.length + 1);
    if (isEventName(name)) return parseNamed(name, text, message);
    return { type: 'OTHER', name, ...parseArguments(text), lines: message.lines };
  } catch (error) {
    throw protocolError(
      'control-bad-event',
      `a malformed ${name.slice(0, 30)} event: ${(error as TorError).message}`,
      error,
    );
  }
}

function parseNamed<K extends EventName>(name: K, text: string, message: Message): EventTypes[K] {
  return parsers[name]({ name, text, message });
}
