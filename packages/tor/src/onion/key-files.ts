// The three files of a HiddenServiceDir that hold its identity. Each key file is a 32-byte tag and the key; tor's source
// (crypto_write_tagged_contents_to_file) is the only description. Bytes in, values out: reading the disk is the caller's.
import { Sensitive } from '../sensitive.ts';
import { encodeOnionAddress, parseOnionAddress } from './address.ts';
import { onionError, requireLength } from './problem.ts';
import { checkPublicKey } from './public-key.ts';
import { type ExpandedSecretKey, publicKeyOf } from './secret-key.ts';

const tagBytes = 32;
const secretTag = '== ed25519v1-secret: type0 ==';
const publicTag = '== ed25519v1-public: type0 ==';

/**
 * @param bytes `hs_ed25519_secret_key`, 96 bytes
 * @returns the expanded key, 64 bytes: scalar and prefix; there is no seed in the file
 * @throws TorError `onion-bad-key-file`, which says nothing of the content
 */
export function decodeSecretKeyFile(bytes: Uint8Array): Sensitive<Uint8Array> {
  const key = decodeTagged(bytes, secretTag, 64, 'hs_ed25519_secret_key');
  const clamped = ((key[0] ?? 0) & 7) === 0 && ((key[31] ?? 0) & 0xc0) === 0x40;
  if (!clamped) throw onionError('bad-key-file', 'hs_ed25519_secret_key holds a scalar that is not clamped');
  return new Sensitive(key);
}

/** The inverse of decodeSecretKeyFile; what it gives is to be written with mode 0600. */
export function encodeSecretKeyFile(secret: ExpandedSecretKey): Sensitive<Uint8Array> {
  return new Sensitive(encodeTagged(secretTag, requireLength(secret.reveal(), 64, 'an expanded secret key')));
}

/**
 * @param bytes `hs_ed25519_public_key`, 64 bytes
 * @returns 32 bytes
 * @throws TorError `onion-bad-key-file`, `onion-torsion`, `onion-bad-public-key`
 */
export function decodePublicKeyFile(bytes: Uint8Array): Uint8Array {
  return checkPublicKey(decodeTagged(bytes, publicTag, 32, 'hs_ed25519_public_key'));
}

/** The inverse of decodePublicKeyFile. */
export function encodePublicKeyFile(publicKey: Uint8Array): Uint8Array {
  return encodeTagged(publicTag, requireLength(publicKey, 32, 'a public key'));
}

/** @returns the content of `hostname` */
export function renderHostname(publicKey: Uint8Array): string {
  return `${encodeOnionAddress(publicKey)}\n`;
}

/** @param text the content of `hostname`. @returns the identity, 32 bytes. @throws TorError as parseOnionAddress */
export function parseHostname(text: string): Uint8Array {
  return parseOnionAddress(text.trim());
}

/**
 * All three files of an identity, by name: what tor finds when a service is made without starting it.
 *
 * @example
 * encodeKeyFiles(expandSeed(Buffer.alloc(32, 7))).hostname.length; // 63
 */
export function encodeKeyFiles(secret: ExpandedSecretKey) {
  const publicKey = publicKeyOf(secret);
  return {
    hs_ed25519_secret_key: encodeSecretKeyFile(secret),
    hs_ed25519_public_key: encodePublicKeyFile(publicKey),
    hostname: renderHostname(publicKey),
  };
}

function encodeTagged(tag: string, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(tagBytes + key.length);
  bytes.set(Buffer.from(tag, 'latin1'));
  bytes.set(key, tagBytes);
  return bytes;
}

function decodeTagged(bytes: Uint8Array, tag: string, keyBytes: number, file: string): Uint8Array {
  if (bytes.length !== tagBytes + keyBytes) {
    throw onionError('bad-key-file', `${file} has ${tagBytes + keyBytes} bytes, not ${bytes.length}`);
  }
  const expected = encodeTagged(tag, new Uint8Array(keyBytes)).subarray(0, tagBytes);
  if (Buffer.compare(bytes.subarray(0, tagBytes), expected) !== 0) {
    throw onionError(
      'bad-key-file',
      `${file} does not begin with "${tag}"`,
      'Only version 3 keys that tor wrote are read.',
    );
  }
  return new Uint8Array(bytes.subarray(tagBytes));
}
