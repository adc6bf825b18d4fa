// The functions of rend-spec-v3 §0.3: H, KDF, STREAM, and INT_8. Nothing here knows what is hashed.
// What is handed out is no Buffer: those compare as different from plain bytes, and share memory when sliced.
import { createCipheriv, createHash, createSecretKey, hash } from 'node:crypto';

/** H: SHA3-256 over all parts. */
export function sha3(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return new Uint8Array(hash('sha3-256', joinBytes(parts), 'buffer'));
}

/** SHA-512 over all parts. */
export function sha512(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return new Uint8Array(hash('sha512', joinBytes(parts), 'buffer'));
}

/** KDF: SHAKE-256 over all parts, `length` bytes of it. */
export function shake256(length: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return new Uint8Array(createHash('shake256', { outputLength: length }).update(joinBytes(parts)).digest());
}

/** STREAM: AES-256 in counter mode. Encrypting and decrypting are the same. */
export function aes256Ctr(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Buffer {
  // Node finds out what bare bytes are by an exception inside: three times slower for a descriptor.
  return createCipheriv('aes-256-ctr', createSecretKey(key), iv).update(bytes);
}

/** INT_8: eight bytes, big-endian. */
export function int8(value: number | bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Texts count as their Latin-1 bytes. */
function joinBytes(parts: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}
