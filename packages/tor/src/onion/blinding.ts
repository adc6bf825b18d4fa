// Key blinding: the keys of one time period from a service's identity. rend-spec-v3 appendix A.2.
// Whoever has a blinded secret key and the public identity can compute the identity's secret: guard both alike.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Revealable, reveal, Sensitive } from '../sensitive.ts';
import { int8, sha3, sha512 } from './hashes.ts';
import { requireLength } from './problem.ts';
import { decodePoint } from './public-key.ts';
import { type ExpandedSecretKey, scalarBytes, scalarFrom, scalarOf } from './secret-key.ts';

const { Fn } = ed25519.Point;

/** The base point goes into the hash as this text. */
const basePointText =
  '(15112221349535400772501151409588531511454012693041857206046113283949847762202, ' +
  '46316835694926478169428394003475163141307993866256225615783033603165251855960)';

/** What blinding needs to know of a time period. */
export interface BlindingPeriod {
  readonly number: number;
  readonly lengthMinutes: number;
}

/**
 * The blinding factor h before clamping.
 *
 * @param publicKey identity, 32 bytes
 * @param secret the optional secret s; tor uses none
 */
export function blindingFactor(
  publicKey: Uint8Array,
  { number, lengthMinutes }: BlindingPeriod,
  secret?: Uint8Array | Revealable<Uint8Array>,
): Uint8Array {
  requireLength(publicKey, 32, 'a public key');
  const nonce = Buffer.concat([Buffer.from('key-blind', 'latin1'), int8(number), int8(lengthMinutes)]);
  const s = secret === undefined ? '' : reveal(secret);
  return sha3('Derive temporary signing key\0', publicKey, s, basePointText, nonce);
}

/**
 * A' = h A
 *
 * @param publicKey identity, 32 bytes, of prime order
 * @param factor 32 bytes, from blindingFactor
 * @returns 32 bytes
 * @throws TorError `onion-torsion`, `onion-bad-public-key`
 */
export function blindPublicKey(publicKey: Uint8Array, factor: Uint8Array): Uint8Array {
  return decodePoint(publicKey).multiplyUnsafe(clampedScalar(factor)).toBytes();
}

/**
 * a' = h a mod l, RH' = SHA512("Derive temporary signing key hash input" | RH)[:32]
 *
 * @param secret identity, 64 bytes expanded
 * @param factor 32 bytes, from blindingFactor
 * @returns 64 bytes expanded; not clamped, as it is reduced
 */
export function blindSecretKey(secret: ExpandedSecretKey, factor: Uint8Array): Sensitive<Uint8Array> {
  const scalar = Fn.mul(scalarOf(secret), clampedScalar(factor));
  const prefix = sha512('Derive temporary signing key hash input', secret.reveal().subarray(32)).subarray(0, 32);
  return new Sensitive(new Uint8Array(Buffer.concat([scalarBytes(scalar), prefix])));
}

function clampedScalar(factor: Uint8Array): bigint {
  const clamped = Uint8Array.from(requireLength(factor, 32, 'a blinding factor'));
  clamped[0] = (clamped[0] ?? 0) & 248;
  clamped[31] = ((clamped[31] ?? 0) & 63) | 64;
  return scalarFrom(clamped);
}
