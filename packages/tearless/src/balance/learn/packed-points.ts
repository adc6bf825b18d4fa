// Introduction points as a short text of Latin-1: what a frontend's descriptors take over of them, a quarter of what they are in
// a descriptor and a twentieth of what they are as objects. A balancer holds those of ten thousand workers for hours, and looks
// at them when a round is made. Their certificates, which were checked when they came, are made anew for each round.
import type { IntroPoint } from '@tearless/tor/hsdesc/intro-point.ts';
import {
  certificateTypes,
  decodeEd25519Certificate,
  type Ed25519Certificate,
  encodeEd25519Certificate,
} from '@tearless/tor/netdoc/ed25519-certificate.ts';
import { decodeLinkSpecifiers, encodeLinkSpecifiers } from '@tearless/tor/onion/link-specifier.ts';

const keyBytes = 32;
const keysOfPoint = 4;

/** Length of the link specifiers in two bytes, these, and the four keys, point by point. */
export const packPoints = (points: readonly IntroPoint[]): string => {
  const parts = points.flatMap(({ linkSpecifiers, onionKey, authKeyCertificate, encKey, encKeyCertificate }) => {
    const links = encodeLinkSpecifiers(linkSpecifiers);
    const length = Uint8Array.of(links.length >> 8, links.length & 255);
    return [length, links, onionKey, authKeyCertificate.certifiedKey, encKey, encKeyCertificate.certifiedKey];
  });
  return Buffer.concat(parts).toString('latin1');
};

/**
 * @returns points whose certificates are of the right keys, and signed by nobody
 * @throws TorError `onion-bad-link-specifiers`, RangeError for what packPoints did not make
 */
export const unpackPoints = (packed: string): IntroPoint[] => {
  const bytes = new Uint8Array(Buffer.from(packed, 'latin1'));
  const points: IntroPoint[] = [];
  for (let at = 0; at < bytes.length; ) {
    const keysAt = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    const end = keysAt + keysOfPoint * keyBytes;
    if (end > bytes.length) throw new RangeError('an introduction point is cut off');
    const key = (index: number): Uint8Array =>
      bytes.subarray(keysAt + index * keyBytes, keysAt + (index + 1) * keyBytes);
    points.push({
      linkSpecifiers: decodeLinkSpecifiers(bytes.subarray(at + 2, keysAt)),
      onionKey: key(0),
      authKeyCertificate: unsigned(certificateTypes.hsIntroAuthKeyByDescriptorSigningKey, key(1)),
      encKey: key(2),
      encKeyCertificate: unsigned(certificateTypes.hsIntroEncKeyByDescriptorSigningKey, key(3)),
      unknown: [],
    });
    at = end;
  }
  return points;
};

const signedWithKey = 4;
const ed25519KeyType = 1;
const nobody = new Uint8Array(keyBytes);
const noSignature = new Uint8Array(64);

/** As long as tor's. */
const unsigned = (type: number, certifiedKey: Uint8Array): Ed25519Certificate =>
  decodeEd25519Certificate(
    encodeEd25519Certificate({
      type,
      expiresMs: 0,
      keyType: ed25519KeyType,
      certifiedKey,
      extensions: [{ type: signedWithKey, affectsValidation: false, data: nobody }],
      signature: noSignature,
    }),
  );
