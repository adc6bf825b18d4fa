// X25519 keys of client authorization, by OpenSSL. RFC 7748 §5, RFC 8410.
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { type Revealable, Sensitive } from '../sensitive.ts';
import { onionError, requireLength } from './problem.ts';

/** What stands before the 32 bytes of a key in DER. */
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * @param secret 32 bytes
 * @returns 32 bytes
 */
export function x25519PublicKey(secret: Revealable<Uint8Array>): Uint8Array {
  // The private key knows it already; as a key of its own it would take a third longer.
  const { x = '' } = privateKeyOf(secret).export({ format: 'jwk' });
  return requireLength(new Uint8Array(Buffer.from(x, 'base64url')), 32, 'an X25519 key');
}

/**
 * What both ends compute.
 *
 * @param secret 32 bytes
 * @param publicKey the other end's, 32 bytes
 * @throws TorError `onion-bad-public-key` for a key of small order, with which everyone would compute the same
 */
export function x25519SharedSecret(secret: Revealable<Uint8Array>, publicKey: Uint8Array): Sensitive<Uint8Array> {
  const der = Buffer.concat([publicPrefix, requireLength(publicKey, 32, 'an X25519 key')]);
  const theirs = createPublicKey({ key: der, format: 'der', type: 'spki' });
  try {
    return new Sensitive(new Uint8Array(diffieHellman({ privateKey: privateKeyOf(secret), publicKey: theirs })));
  } catch {
    // The cause is not kept: OpenSSL says "failed during derivation" and no more.
    throw onionError('bad-public-key', 'an X25519 key is of small order');
  }
}

function privateKeyOf(secret: Revealable<Uint8Array>) {
  const der = Buffer.concat([privatePrefix, requireLength(secret.reveal(), 32, 'an X25519 secret')]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
