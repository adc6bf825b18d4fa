// How this folder makes its errors: what tor sent and we do not understand, and what we refuse to send.
import { TorError, type TorErrorCode } from '../error.ts';

/** What came from the peer does not follow control-spec. */
export function protocolError(code: TorErrorCode, message: string, cause?: unknown): TorError {
  return new TorError(message, {
    kind: 'protocol',
    code,
    place: 'tor',
    hint: 'check that the other end is the control port of a tor that is supported, then report this',
    cause,
  });
}

/** What the caller wants to send would not mean what they intend, or would break the protocol. */
export function argumentError(message: string, hint?: string): TorError {
  return new TorError(message, { kind: 'refused', code: 'control-bad-argument', place: 'local', hint });
}

/** Text from outside, short and printable, for use inside an error message. Never for secrets. */
export function shown(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short);
}
