// Ed25519 by OpenSSL, for keys that have a seed and for all verification: thirty times faster than the arithmetic that
// expanded keys need (secret-key.ts).
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Revealable, reveal } from '../sensitive.ts';
import { requireLength } from './problem.ts';
import { type ExpandedSecretKey, publicKeyOf, signExpanded } from './secret-key.ts';

/** RFC 8410 §4 and §7: what stands before the 32 bytes of a key in DER. */
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key pair that signs; where its secret lies is its own business. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** An Ed25519 signature, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** Checks the signatures of one key. */
export type Verifier = (message: Uint8Array, signature: Uint8Array) => boolean;

/**
 * @param seed 32 random bytes: the secret of a descriptor signing key, for example
 */
export function signerFromSeed(seed: Uint8Array | Revealable<Uint8Array>): Signer {
  const der = Buffer.concat([privatePrefix, requireLength(reveal(seed), 32, 'a seed')]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length);
  return { publicKey: new Uint8Array(publicKey), sign: (message) => new Uint8Array(sign(null, message, key)) };
}

/** For tor's identity keys and for blinded keys. */
export function signerFromExpanded(secret: ExpandedSecretKey): Signer {
  const publicKey = publicKeyOf(secret);
  return { publicKey, sign: (message) => signExpanded(secret, publicKey, message) };
}

/**
 * Reads the key once for any number of signatures. A key that is no point verifies nothing.
 *
 * @param publicKey 32 bytes
 */
export function createVerifier(publicKey: Uint8Array): Verifier {
  const der = Buffer.concat([publicPrefix, requireLength(publicKey, 32, 'a public key')]);
  const key: KeyObject = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return (message, signature) => signature.length === 64 && verify(null, message, key, signature);
}
