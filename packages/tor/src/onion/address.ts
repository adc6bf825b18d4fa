// Onion addresses of version 3. rend-spec-v3 §6 "Encoding onion addresses".
import { decodeBase32, encodeBase32 } from './base32.ts';
import { sha3 } from './hashes.ts';
import { onionError, requireLength } from './problem.ts';
import { checkPublicKey } from './public-key.ts';

const version = 3;
const addressLength = 56;

/**
 * The address of a service, with `.onion`.
 *
 * @param publicKey its identity, 32 bytes
 * @throws TorError `onion-bad-length`
 * @example
 * const key = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
 * encodeOnionAddress(key); // '25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion'
 */
export function encodeOnionAddress(publicKey: Uint8Array): string {
  requireLength(publicKey, 32, 'a public key');
  return `${encodeBase32(Buffer.concat([publicKey, checksum(publicKey), Uint8Array.of(version)]))}.onion`;
}

/**
 * The identity of the service with that address.
 *
 * @param text 56 base32 characters, either case, with or without `.onion`; no subdomain
 * @returns 32 bytes, a key of prime order
 * @throws TorError `onion-bad-address` with the reason, `onion-torsion`, `onion-bad-public-key`
 */
export function parseOnionAddress(text: string): Uint8Array {
  const bare = text.toLowerCase().replace(/\.onion$/, '');
  if (bare.length !== addressLength) {
    const hint =
      bare.length === 16 ? 'Addresses of 16 characters are of version 2, which tor no longer has.' : undefined;
    throw badAddress(text, `it has ${bare.length} characters before .onion, not ${addressLength}`, hint);
  }
  if (!/^[a-z2-7]*$/.test(bare)) throw badAddress(text, 'it holds characters other than a-z and 2-7');
  const bytes = decodeBase32(bare);
  if (bytes[34] !== version) throw badAddress(text, `its version is ${bytes[34]}, not ${version}`);
  const publicKey = bytes.slice(0, 32);
  if (Buffer.compare(bytes.subarray(32, 34), checksum(publicKey)) !== 0) {
    throw badAddress(text, 'its checksum is wrong', 'Look for a character that was mistyped or left out.');
  }
  return checkPublicKey(publicKey);
}

function checksum(publicKey: Uint8Array): Uint8Array {
  return sha3('.onion checksum', publicKey, Uint8Array.of(version)).subarray(0, 2);
}

function badAddress(text: string, why: string, hint?: string) {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  return onionError('bad-address', `${shown} is not an onion address: ${why}`, hint);
}
