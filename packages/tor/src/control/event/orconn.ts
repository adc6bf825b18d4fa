// ORCONN, and the same lines without a name in GETINFO orconn-status. control-spec §4.1.3.
import { parseArguments } from '../arguments.ts';
import { type HostPort, optional, parseCount, parseHostPort, parseRouterName, type RouterName } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

export type OrConnStatus = 'NEW' | 'LAUNCHED' | 'CONNECTED' | 'FAILED' | 'CLOSED' | (string & {});

export interface OrConn {
  /** The other relay, once it is known. */
  readonly router: RouterName | undefined;
  /** Its address, while the relay is not known: always so for NEW. */
  readonly address: HostPort | undefined;
  readonly status: OrConnStatus;
  /** `DONE`, `CONNECTREFUSED`, `TLS_ERROR`, …; with FAILED and CLOSED. */
  readonly reason: string | undefined;
  /** Circuits on it, established and pending; with FAILED and CLOSED. */
  readonly circuits: number | undefined;
  readonly connId: string | undefined;
  readonly keywords: ReadonlyMap<string, string>;
}

export interface OrConnEvent extends OrConn {
  readonly type: 'ORCONN';
}

// 650 ORCONN $37B3F5E8471F666A10B190B76795C3534B00D9EF~relay3 FAILED REASON=CONNECTREFUSED NCIRCS=3 ID=37
// 650 ORCONN 127.0.0.1:53186 NEW ID=103
export function parseOrConn(event: RawEvent<'ORCONN'>): OrConnEvent {
  return { type: 'ORCONN', ...parseOrConnLine(event.text) };
}

/** One line of GETINFO orconn-status. @throws TorError kind `protocol` */
export function parseOrConnLine(text: string): OrConn {
  const { positional, keywords } = parseArguments(text, 2);
  const [target = '', status = ''] = positional;
  const byAddress = target.includes(':');
  return {
    router: byAddress ? undefined : parseRouterName(target),
    address: byAddress ? parseHostPort(target) : undefined,
    status,
    reason: keywords.get('REASON'),
    circuits: optional(keywords.get('NCIRCS'), (count) => parseCount(count, 'NCIRCS')),
    connId: keywords.get('ID'),
    keywords,
  };
}
