// Errors of a SOCKS port: what it said no with, and what it said that is no SOCKS.
import { TorError } from '../error.ts';
import type { SocksReply } from './reply.ts';

/** The port answered, with another reply than that the stream is open. */
export class SocksRefusal extends TorError {
  override readonly name = 'SocksRefusal';
  readonly reply: SocksReply;

  constructor(reply: SocksReply, meaning: string) {
    super(meaning, { kind: 'failed', code: 'socks-refused', place: 'network', retryable: true });
    this.reply = reply;
  }
}

/** What came does not follow RFC 1928. */
export function socksProtocolError(problem: string, message: string): TorError {
  return new TorError(message, {
    kind: 'protocol',
    code: `socks-${problem}`,
    place: 'tor',
    hint: 'check that the other end is a SOCKS port of tor',
  });
}

/** What the caller asks for cannot be said in SOCKS. */
export function socksArgumentError(message: string): TorError {
  return new TorError(message, { kind: 'refused', code: 'socks-bad-argument', place: 'local' });
}
