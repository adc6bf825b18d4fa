// STREAM, and the same lines without a name in GETINFO stream-status. control-spec §4.1.2.
import type { Sensitive } from '../../sensitive.ts';
import { parseArguments } from '../arguments.ts';
import { type HostPort, optional, parseHostPort, parseInteger, splitList } from '../value.ts';
import { socksAuth, withoutPassword } from './circ.ts';
import type { RawEvent } from './raw-event.ts';

export type StreamStatus =
  | 'NEW'
  | 'NEWRESOLVE'
  | 'REMAP'
  | 'SENTCONNECT'
  | 'SENTRESOLVE'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'CLOSED'
  | 'DETACHED'
  | 'CONTROLLER_WAIT'
  | 'XOFF_SENT'
  | 'XOFF_RECV'
  | 'XON_SENT'
  | 'XON_RECV'
  | (string & {});

export interface Stream {
  readonly id: string;
  readonly status: StreamStatus;
  /** Undefined while the stream is attached to none. */
  readonly circuitId: string | undefined;
  /** Host `(Tor_internal)` is tor talking to itself. */
  readonly target: HostPort;
  /** Why it is FAILED, CLOSED or DETACHED. */
  readonly reason: string | undefined;
  readonly remoteReason: string | undefined;
  /** Of REMAP: `CACHE` or `EXIT`. */
  readonly source: string | undefined;
  /** Who asked for it; with NEW and NEWRESOLVE. */
  readonly sourceAddr: HostPort | undefined;
  /** `USER`, `DIR_FETCH`, `DNS_REQUEST`, …; with NEW and NEWRESOLVE. */
  readonly purpose: string | undefined;
  readonly socksUsername: string | undefined;
  readonly socksPassword: Sensitive<string> | undefined;
  readonly clientProtocol: string | undefined;
  readonly nymEpoch: number | undefined;
  readonly sessionGroup: number | undefined;
  readonly isoFields: readonly string[];
  /** All keyword arguments but the password, as they came. */
  readonly keywords: ReadonlyMap<string, string>;
}

export interface StreamEvent extends Stream {
  readonly type: 'STREAM';
}

// 650 STREAM 24 DETACHED 5 nonexistent.example:80 REASON=END REMOTE_REASON=RESOLVEFAILED SOCKS_USERNAME="us er"
//     SOCKS_PASSWORD="x" CLIENT_PROTOCOL=SOCKS5 NYM_EPOCH=1 SESSION_GROUP=-4 ISO_FIELDS=CLIENTADDR,NYM_EPOCH   (one line)
export function parseStream(event: RawEvent<'STREAM'>): StreamEvent {
  return { type: 'STREAM', ...parseStreamLine(event.text) };
}

/** One line of GETINFO stream-status. @throws TorError kind `protocol` */
export function parseStreamLine(text: string): Stream {
  const { positional, keywords } = parseArguments(text, 4);
  const [id = '', status = '', circuitId = '', target = ''] = positional;
  return {
    id,
    status,
    circuitId: circuitId === '0' ? undefined : circuitId,
    target: parseHostPort(target),
    reason: keywords.get('REASON'),
    remoteReason: keywords.get('REMOTE_REASON'),
    source: keywords.get('SOURCE'),
    sourceAddr: optional(keywords.get('SOURCE_ADDR'), parseSourceAddr),
    purpose: keywords.get('PURPOSE'),
    ...socksAuth(keywords),
    clientProtocol: keywords.get('CLIENT_PROTOCOL'),
    nymEpoch: optional(keywords.get('NYM_EPOCH'), (epoch) => parseInteger(epoch, 'NYM_EPOCH')),
    sessionGroup: optional(keywords.get('SESSION_GROUP'), (group) => parseInteger(group, 'SESSION_GROUP')),
    isoFields: splitList(keywords.get('ISO_FIELDS')),
    keywords: withoutPassword(keywords),
  };
}

/** Clients on a unix socket have no address: tor then writes something that is no host:port, e.g. `(Tor_internal):0` or a path. */
function parseSourceAddr(text: string): HostPort | undefined {
  return /:\d{1,5}$/.test(text) ? parseHostPort(text) : undefined;
}
