// ADDRMAP: a name got an address, or failed to. control-spec §4.1.7.
import { parseArguments } from '../arguments.ts';
import { optional, parseTime } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

export interface AddrMapEvent {
  readonly type: 'ADDRMAP';
  readonly from: string;
  /** Undefined when it could not be resolved. */
  readonly to: string | undefined;
  /** When the mapping ends; undefined for never, and where tor gave local time only. */
  readonly expires: Date | undefined;
  readonly error: string | undefined;
  /** Whether tor keeps it until it expires, or only tells the answer of a RESOLVE. */
  readonly cached: boolean | undefined;
  readonly streamId: string | undefined;
}

// 650 ADDRMAP 1.2.3.4 torproject.org NEVER CACHED="YES"
// 650 ADDRMAP example.invalid <error> "2026-11-20 23:14:02" error=yes EXPIRES="2026-11-20 23:14:02" CACHED="NO"
export function parseAddrMap({ text }: RawEvent<'ADDRMAP'>): AddrMapEvent {
  const { positional, keywords } = parseArguments(text, 3);
  const [from = '', to = ''] = positional;
  const cached = keywords.get('CACHED');
  return {
    type: 'ADDRMAP',
    from,
    to: to === '<error>' ? undefined : to,
    // The positional expiry is local time (a bug kept for compatibility), so only EXPIRES is of use.
    expires: optional(keywords.get('EXPIRES'), (time) => parseTime(time, 'EXPIRES')),
    error: keywords.get('error'),
    cached: optional(cached, (text) => text === 'YES'),
    streamId: keywords.get('STREAMID'),
  };
}
