// CIRC and CIRC_MINOR, and the same lines without a name in GETINFO circuit-status. control-spec §4.1.1, §4.1.19.
import { Sensitive } from '../../sensitive.ts';
import { type Arguments, parseArguments } from '../arguments.ts';
import { optional, parseRouterName, parseTime, type RouterName, splitList } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

export type CircStatus = 'LAUNCHED' | 'BUILT' | 'GUARD_WAIT' | 'EXTENDED' | 'FAILED' | 'CLOSED' | (string & {});

export interface Circuit {
  readonly id: string;
  readonly status: CircStatus;
  /** Empty until the first hop is there. */
  readonly path: readonly RouterName[];
  /** `IS_INTERNAL`, `NEED_CAPACITY`, … */
  readonly buildFlags: readonly string[];
  /** `GENERAL`, `HS_CLIENT_REND`, `CONFLUX_LINKED`, … */
  readonly purpose: string | undefined;
  readonly hsState: string | undefined;
  /** Onion address without `.onion`. */
  readonly rendQuery: string | undefined;
  readonly timeCreated: Date | undefined;
  /** Why it is FAILED or CLOSED. */
  readonly reason: string | undefined;
  readonly remoteReason: string | undefined;
  readonly socksUsername: string | undefined;
  readonly socksPassword: Sensitive<string> | undefined;
  /** The same for all legs of one conflux set; 32 hexadecimal digits. */
  readonly confluxId: string | undefined;
  /** All keyword arguments but the password, as they came. */
  readonly keywords: ReadonlyMap<string, string>;
}

export interface CircEvent extends Circuit {
  readonly type: 'CIRC';
}

export interface CircMinorEvent extends Omit<Circuit, 'status' | 'reason' | 'remoteReason'> {
  readonly type: 'CIRC_MINOR';
  /** `PURPOSE_CHANGED`, `CANNIBALIZED`. */
  readonly event: string;
  readonly oldPurpose: string | undefined;
  readonly oldHsState: string | undefined;
}

// 650 CIRC 3 CLOSED $BB83…5D29~relay1,$37B3…D9EF~relay3 BUILD_FLAGS=NEED_CAPACITY,NEED_UPTIME PURPOSE=GENERAL
//     TIME_CREATED=2026-11-20T23:12:56.377846 REASON=DESTROYED REMOTE_REASON=CHANNEL_CLOSED      (one line)
export function parseCirc(event: RawEvent<'CIRC'>): CircEvent {
  return { type: 'CIRC', ...parseCircuit(event.text) };
}

/** One line of GETINFO circuit-status. @throws TorError kind `protocol` */
export function parseCircuit(text: string): Circuit {
  const args = parseArguments(text, 2);
  const [id = '', status = ''] = args.positional;
  const { keywords } = args;
  return { id, status, ...common(args), reason: keywords.get('REASON'), remoteReason: keywords.get('REMOTE_REASON') };
}

// 650 CIRC_MINOR 16 CANNIBALIZED $0A52…3F39~relay2,$BB83…5D29~relay1 BUILD_FLAGS=IS_INTERNAL PURPOSE=HS_CLIENT_HSDIR
//     HS_STATE=HSCI_CONNECTING TIME_CREATED=2026-11-20T23:13:00.376833 OLD_PURPOSE=HS_VANGUARDS   (one line)
export function parseCircMinor({ text }: RawEvent<'CIRC_MINOR'>): CircMinorEvent {
  const args = parseArguments(text, 2);
  const [id = '', event = ''] = args.positional;
  const { keywords } = args;
  return {
    type: 'CIRC_MINOR',
    id,
    event,
    ...common(args),
    oldPurpose: keywords.get('OLD_PURPOSE'),
    oldHsState: keywords.get('OLD_HS_STATE'),
  };
}

function common({ positional, keywords }: Arguments) {
  return {
    path: splitList(positional[2]).map(parseRouterName),
    buildFlags: splitList(keywords.get('BUILD_FLAGS')),
    purpose: keywords.get('PURPOSE'),
    hsState: keywords.get('HS_STATE'),
    rendQuery: keywords.get('REND_QUERY'),
    timeCreated: optional(keywords.get('TIME_CREATED'), (time) => parseTime(time, 'TIME_CREATED')),
    ...socksAuth(keywords),
    confluxId: keywords.get('CONFLUX_ID'),
    keywords: withoutPassword(keywords),
  };
}

/** What a SOCKS client gave to keep its streams apart. */
export function socksAuth(keywords: ReadonlyMap<string, string>) {
  return {
    socksUsername: keywords.get('SOCKS_USERNAME'),
    socksPassword: optional(keywords.get('SOCKS_PASSWORD'), (password) => new Sensitive(password)),
  };
}

export function withoutPassword(keywords: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const rest = new Map(keywords);
  rest.delete('SOCKS_PASSWORD');
  return rest;
}
