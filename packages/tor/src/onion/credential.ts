// Credential and subcredential: what one must know to read a service's descriptors. rend-spec-v3 §2.1.
import { type BlindingPeriod, blindingFactor, blindPublicKey } from './blinding.ts';
import { sha3 } from './hashes.ts';
import { requireLength } from './problem.ts';

/** What reading a service's descriptors of one period takes; both follow from its address. */
export interface DescriptorKeys {
  /** 32 bytes: the name of the descriptor at its directories. */
  readonly blindedKey: Uint8Array;
  /** 32 bytes. */
  readonly subcredential: Uint8Array;
}

/** @param publicKey identity, 32 bytes. @returns 32 bytes */
export function deriveCredential(publicKey: Uint8Array): Uint8Array {
  return sha3('credential', requireLength(publicKey, 32, 'a public key'));
}

/** @param publicKey identity, 32 bytes. @param blindedKey 32 bytes. @returns 32 bytes */
export function deriveSubcredential(publicKey: Uint8Array, blindedKey: Uint8Array): Uint8Array {
  return sha3('subcredential', deriveCredential(publicKey), requireLength(blindedKey, 32, 'a blinded key'));
}

/**
 * Blinded key and subcredential of a service in a time period.
 *
 * @param publicKey identity, 32 bytes, as parseOnionAddress gives it
 * @throws TorError `onion-torsion`, `onion-bad-public-key`
 * @example
 * const identity = parseOnionAddress('25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkenl5sid.onion');
 * const { blindedKey } = deriveDescriptorKeys(identity, { number: 16903, lengthMinutes: 1440 });
 * blindedKey.length; // 32
 */
export function deriveDescriptorKeys(publicKey: Uint8Array, period: BlindingPeriod): DescriptorKeys {
  const blindedKey = blindPublicKey(publicKey, blindingFactor(publicKey, period));
  return { blindedKey, subcredential: deriveSubcredential(publicKey, blindedKey) };
}
