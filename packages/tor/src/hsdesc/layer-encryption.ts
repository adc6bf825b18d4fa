// How both encrypted layers are sealed: salt, ciphertext, MAC. rend-spec-v3 §2.5.3. What a layer says is of no matter here.
import { timingSafeEqual } from 'node:crypto';
import type { DescriptorKeys } from '../onion/credential.ts';
import { aes256Ctr, int8, sha3, shake256 } from '../onion/hashes.ts';
import { requireLength } from '../onion/problem.ts';
import type { Revealable } from '../sensitive.ts';
import { hsdescError } from './problem.ts';

const keyBytes = 32;
const ivBytes = 16;
const macBytes = 32;
export const saltBytes = 16;

/** What both layers are encrypted with. */
export interface LayerSecrets {
  readonly keys: DescriptorKeys;
  readonly revisionCounter: bigint;
}

/** The name of a layer in the derivation of its keys. */
type Layer = 'hsdir-superencrypted-data' | 'hsdir-encrypted-data';

/** The middle layer, in the clear already padded. @param salt 16 fresh random bytes */
export function encryptMiddle(plaintext: Uint8Array, secrets: LayerSecrets, salt: Uint8Array): Uint8Array {
  return encrypt(plaintext, 'hsdir-superencrypted-data', secrets.keys.blindedKey, secrets, salt);
}

/** @returns the plaintext up to its padding. @throws TorError `hsdesc-bad-mac`, `hsdesc-bad-encrypted` */
export function decryptMiddle(sealed: Uint8Array, secrets: LayerSecrets): Uint8Array {
  return decrypt(sealed, 'hsdir-superencrypted-data', secrets.keys.blindedKey, secrets);
}

/**
 * The inner layer.
 *
 * @param salt 16 fresh random bytes
 * @param cookie the descriptor cookie, 16 bytes, of a service with client authorization
 */
export function encryptInner(
  plaintext: Uint8Array,
  secrets: LayerSecrets,
  salt: Uint8Array,
  cookie: Revealable<Uint8Array> | null,
): Uint8Array {
  return encrypt(plaintext, 'hsdir-encrypted-data', innerSecret(secrets, cookie), secrets, salt);
}

/** @throws TorError `hsdesc-bad-mac`, which with no or a wrong cookie is what a restricted service gives */
export function decryptInner(
  sealed: Uint8Array,
  secrets: LayerSecrets,
  cookie: Revealable<Uint8Array> | null,
): Uint8Array {
  return decrypt(sealed, 'hsdir-encrypted-data', innerSecret(secrets, cookie), secrets);
}

/** The salt of a sealed layer, 16 bytes. */
export function saltOf(sealed: Uint8Array): Uint8Array {
  return new Uint8Array(sealed.subarray(0, saltBytes));
}

function innerSecret({ keys }: LayerSecrets, cookie: Revealable<Uint8Array> | null): Uint8Array {
  if (cookie === null) return keys.blindedKey;
  return Buffer.concat([keys.blindedKey, requireLength(cookie.reveal(), 16, 'a descriptor cookie')]);
}

function encrypt(plaintext: Uint8Array, layer: Layer, secret: Uint8Array, secrets: LayerSecrets, salt: Uint8Array) {
  requireLength(salt, saltBytes, 'a salt');
  const { key, iv, macKey } = deriveKeys(layer, secret, secrets, salt);
  const ciphertext = aes256Ctr(key, iv, plaintext);
  const sealed = new Uint8Array(saltBytes + ciphertext.length + macBytes);
  sealed.set(salt);
  sealed.set(ciphertext, saltBytes);
  sealed.set(macOf(macKey, salt, ciphertext), saltBytes + ciphertext.length);
  return sealed;
}

function decrypt(sealed: Uint8Array, layer: Layer, secret: Uint8Array, secrets: LayerSecrets): Uint8Array {
  if (sealed.length <= saltBytes + macBytes) {
    throw hsdescError('bad-encrypted', `${sealed.length} bytes are too few for salt, ciphertext and MAC`);
  }
  const salt = sealed.subarray(0, saltBytes);
  const ciphertext = sealed.subarray(saltBytes, -macBytes);
  const { key, iv, macKey } = deriveKeys(layer, secret, secrets, salt);
  if (!timingSafeEqual(macOf(macKey, salt, ciphertext), sealed.subarray(-macBytes))) {
    throw hsdescError('bad-mac', 'the MAC is wrong: encrypted with other keys, or changed on its way');
  }
  const plaintext = aes256Ctr(key, iv, ciphertext);
  const end = plaintext.indexOf(0);
  const text = end === -1 ? plaintext : plaintext.subarray(0, end);
  if (text.length === 0) throw hsdescError('bad-encrypted', 'there is nothing in it');
  return text;
}

function deriveKeys(layer: Layer, secret: Uint8Array, { keys, revisionCounter }: LayerSecrets, salt: Uint8Array) {
  const length = keyBytes + ivBytes + macBytes;
  const bytes = shake256(length, secret, keys.subcredential, int8(revisionCounter), salt, layer);
  return {
    key: bytes.subarray(0, keyBytes),
    iv: bytes.subarray(keyBytes, keyBytes + ivBytes),
    macKey: bytes.subarray(keyBytes + ivBytes),
  };
}

const macLength = int8(macBytes);
const saltLength = int8(saltBytes);

function macOf(macKey: Uint8Array, salt: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return sha3(macLength, macKey, saltLength, salt, ciphertext);
}
