// The files that tell tor of authorized clients: `authorized_clients/NAME.auth` at the service, `NAME.auth_private` at the
// client. rend-spec-v3 appendix G.1.
import { encodeOnionAddress, parseOnionAddress } from '../onion/address.ts';
import { decodeBase32, encodeBase32 } from '../onion/base32.ts';
import { onionError, requireLength } from '../onion/problem.ts';
import { type Revealable, Sensitive } from '../sensitive.ts';

/**
 * The line of a `.auth` file.
 *
 * @param clientKey X25519 public key, 32 bytes
 * @returns without a newline
 * @example
 * renderClientKey(new Uint8Array(32)); // 'descriptor:x25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
 */
export function renderClientKey(clientKey: Uint8Array): string {
  return `descriptor:x25519:${encodeBase32(requireLength(clientKey, 32, 'an X25519 key')).toUpperCase()}`;
}

/** @returns 32 bytes. @throws TorError `onion-bad-client-key` */
export function parseClientKey(text: string): Uint8Array {
  const [authType, keyType, key, ...more] = text.trim().split(':');
  if (authType !== 'descriptor' || keyType !== 'x25519' || key === undefined || more.length > 0) {
    throw badClientKey('expected descriptor:x25519: and the key');
  }
  return decodeKey(key);
}

/** Which service a client may read, and by what secret. */
export interface ClientCredential {
  /** Identity of the service, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** X25519 secret, 32 bytes. */
  readonly secret: Revealable<Uint8Array>;
}

/** The line of an `.auth_private` file, without a newline. */
export function renderClientCredential({ publicKey, secret }: ClientCredential): Sensitive<string> {
  const address = encodeOnionAddress(publicKey).replace(/\.onion$/, '');
  const key = encodeBase32(requireLength(secret.reveal(), 32, 'an X25519 secret')).toUpperCase();
  return new Sensitive(`${address}:descriptor:x25519:${key}`);
}

/** @throws TorError `onion-bad-client-key`, `onion-bad-address`; the secret is not in the message */
export function parseClientCredential(text: string | Revealable<string>): ClientCredential {
  const [address = '', authType, keyType, key, ...more] = (typeof text === 'string' ? text : text.reveal())
    .trim()
    .split(':');
  if (authType !== 'descriptor' || keyType !== 'x25519' || key === undefined || more.length > 0) {
    throw badClientKey('expected an address, descriptor:x25519: and the key');
  }
  return { publicKey: parseOnionAddress(address), secret: new Sensitive(decodeKey(key)) };
}

function decodeKey(text: string): Uint8Array {
  const bytes = decodeBase32(text);
  if (bytes.length !== 32) throw badClientKey(`the key has ${bytes.length} bytes, not 32`);
  return bytes;
}

function badClientKey(why: string) {
  return onionError('bad-client-key', `not a key of client authorization: ${why}`);
}
