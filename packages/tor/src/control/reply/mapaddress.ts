// MAPADDRESS. control-spec §3.8. The one reply whose lines have statuses of their own.
import type { Message } from '../message.ts';
import { protocolError } from '../problem.ts';

export interface MappedAddresses {
  /** Replacement by original address; where tor was to choose the original, its choice. */
  readonly mapped: ReadonlyMap<string, string>;
  /** Tor's words for the mappings it refused. */
  readonly refused: readonly { readonly status: number; readonly text: string }[];
}

// 512-syntax error: invalid address '@@@'
// 250 127.199.80.246=bogus1.google.com
/** @throws TorError kind `protocol` */
export function parseMapAddress(reply: Message): MappedAddresses {
  const mapped = new Map<string, string>();
  const refused: { status: number; text: string }[] = [];
  for (const { code, text } of reply.lines) {
    if (code !== 250) {
      refused.push({ status: code, text });
      continue;
    }
    const at = text.indexOf('=');
    if (at <= 0) throw protocolError('control-bad-reply', 'tor answered MAPADDRESS with a line that maps nothing');
    mapped.set(text.slice(0, at), text.slice(at + 1));
  }
  return { mapped, refused };
}
