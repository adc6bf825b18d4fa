// Ed25519 secret keys in tor's expanded form, and signing with them. node:crypto takes seeds only and cannot; keys that
// have a seed are better served by native-key.ts.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Revealable, reveal, Sensitive } from '../sensitive.ts';
import { sha512 } from './hashes.ts';
import { onionError, requireLength } from './problem.ts';

const { Point } = ed25519;
const { Fn } = Point;

/** Scalar (32 bytes, little-endian), then the prefix from which nonces are made (32 bytes). */
export type ExpandedSecretKey = Revealable<Uint8Array>;

/**
 * The expanded form of a seed, as tor keeps it (RFC 8032 §5.1.5 steps 1 and 2).
 *
 * @param seed 32 bytes
 */
export function expandSeed(seed: Uint8Array | Revealable<Uint8Array>): Sensitive<Uint8Array> {
  const expanded = sha512(requireLength(reveal(seed), 32, 'a seed'));
  expanded[0] = (expanded[0] ?? 0) & 248;
  expanded[31] = ((expanded[31] ?? 0) & 63) | 64;
  return new Sensitive(new Uint8Array(expanded));
}

/**
 * The public key of an expanded secret key, clamped or blinded.
 *
 * @returns 32 bytes
 * @throws TorError `onion-bad-length`, `onion-bad-secret-key`
 */
export function publicKeyOf(secret: ExpandedSecretKey): Uint8Array {
  return Point.BASE.multiply(scalarOf(secret)).toBytes();
}

/**
 * An Ed25519 signature. Deterministic: the nonce comes from the key's prefix and the message (RFC 8032 §5.1.6).
 *
 * @param publicKey 32 bytes: that of the secret, handed in because computing it costs as much as signing
 * @returns 64 bytes
 */
export function signExpanded(secret: ExpandedSecretKey, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  requireLength(publicKey, 32, 'a public key');
  const scalar = scalarOf(secret);
  const nonce = scalarFrom(sha512(secret.reveal().subarray(32), message));
  const point = Point.BASE.multiply(nonce).toBytes();
  const challenge = scalarFrom(sha512(point, publicKey, message));
  return new Uint8Array(Buffer.concat([point, scalarBytes(Fn.add(nonce, Fn.mul(challenge, scalar)))]));
}

/**
 * The secret scalar modulo the group's order.
 *
 * @throws TorError `onion-bad-length`, `onion-bad-secret-key` for zero, which no clamped key has
 */
export function scalarOf(secret: ExpandedSecretKey): bigint {
  const scalar = scalarFrom(requireLength(secret.reveal(), 64, 'an expanded secret key').subarray(0, 32));
  if (scalar === 0n) throw onionError('bad-secret-key', 'an expanded secret key has the scalar zero');
  return scalar;
}

/** Little-endian bytes of any length, modulo the group's order. */
export function scalarFrom(bytes: Uint8Array): bigint {
  return Fn.create(BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`));
}

/** 32 bytes, little-endian. */
export function scalarBytes(scalar: bigint): Uint8Array {
  return Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse();
}
