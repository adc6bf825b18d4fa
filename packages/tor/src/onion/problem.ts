// Errors of onion service keys, addresses and indexes.
import { TorError, type TorErrorKind } from '../error.ts';

/** @param problem becomes the error code `onion-PROBLEM` */
export function onionError(problem: string, what: string, hint?: string, kind: TorErrorKind = 'protocol'): TorError {
  return new TorError(what, { kind, code: `onion-${problem}`, place: 'local', hint });
}

/**
 * The bytes, if there are so many of them.
 *
 * @param what for the message: `a public key`
 * @throws TorError `onion-bad-length`
 */
export function requireLength(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.length === length) return bytes;
  throw onionError('bad-length', `${what} has ${length} bytes, not ${bytes.length}`);
}
