// Ed25519 public keys of onion services as points: which are allowed, and the way between Ed25519 and Curve25519.
import { ed25519 } from '@noble/curves/ed25519.js';
import { onionError, requireLength } from './problem.ts';

const { Point } = ed25519;
type EdPoint = InstanceType<typeof Point>;

/**
 * The point of a public key, which must be canonical, of prime order and not the identity. A key with a torsion
 * component would have several addresses for one service (rend-spec-v3 §2.2.7).
 *
 * @param key 32 bytes
 * @throws TorError `onion-bad-public-key`, `onion-torsion`, `onion-bad-length`
 */
export function decodePoint(key: Uint8Array): EdPoint {
  requireLength(key, 32, 'a public key');
  let point: EdPoint;
  try {
    point = Point.fromBytes(key);
  } catch (cause) {
    throw Object.assign(onionError('bad-public-key', 'not an Ed25519 public key: no such point'), { cause });
  }
  if (!point.isTorsionFree() || point.is0()) {
    throw onionError(
      'torsion',
      'the public key is not in the group of prime order',
      'Such a key has several addresses and is refused by tor; nobody makes one by accident.',
    );
  }
  return point;
}

/**
 * The same key, once it was seen to be a usable identity.
 *
 * @throws TorError as decodePoint
 */
export function checkPublicKey(key: Uint8Array): Uint8Array {
  decodePoint(key);
  return key;
}

/**
 * The Ed25519 form of a Curve25519 public key, sign bit 0: what the certificate of an introduction point's encryption key
 * is about (proposal 228 appendix A).
 *
 * @param key 32 bytes
 * @throws TorError `onion-bad-public-key` for the one key that has no such form (u = -1)
 */
export function ed25519FromCurve25519(key: Uint8Array): Uint8Array {
  requireLength(key, 32, 'a Curve25519 key');
  const { Fp } = Point;
  const masked = Uint8Array.from(key);
  masked[31] = (masked[31] ?? 0) & 127;
  const u = Fp.create(BigInt(`0x${Buffer.from(masked).reverse().toString('hex')}`));
  const denominator = Fp.add(u, Fp.ONE);
  if (Fp.is0(denominator)) throw onionError('bad-public-key', 'this Curve25519 key has no Ed25519 form');
  return Fp.toBytes(Fp.mul(Fp.sub(u, Fp.ONE), Fp.inv(denominator)));
}
