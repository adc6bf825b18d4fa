// Tor's own Ed25519 certificates: cert-spec §2.1, §2.2. Not the X.509 and RSA ones of the link handshake.
import { createPublicKey, verify } from 'node:crypto';
import { TorError } from '../error.ts';

/** cert-spec §A.1, and 0x0c from proposal 321. */
export const certificateTypes = {
  signingKeyByIdentity: 0x04,
  tlsLinkBySigningKey: 0x05,
  authKeyBySigningKey: 0x06,
  hsDescriptorSigningKeyByBlindedKey: 0x08,
  hsIntroAuthKeyByDescriptorSigningKey: 0x09,
  identityByNtorOnionKey: 0x0a,
  hsIntroEncKeyByDescriptorSigningKey: 0x0b,
  identityByFamilyKey: 0x0c,
} as const;

export interface Ed25519Certificate {
  readonly type: number;
  /** Full hours since the epoch. */
  readonly expiresMs: number;
  /** 1: an ed25519 key; tor writes 1 for other kinds as well (cert-spec §A.4). */
  readonly keyType: number;
  /** 32 bytes. */
  readonly certifiedKey: Uint8Array;
  /** The key that signed, where the certificate names it: 32 bytes (cert-spec §2.2.1). */
  readonly signingKey: Uint8Array | null;
  readonly extensions: readonly CertificateExtension[];
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** All bytes before the signature: what it is over. */
  readonly signedBytes: Uint8Array;
}

export type UnsignedEd25519Certificate = Omit<Ed25519Certificate, 'signedBytes' | 'signingKey' | 'signature'>;

export interface CertificateExtension {
  readonly type: number;
  /** A certificate with such an extension of unknown type must not be taken as valid. */
  readonly affectsValidation: boolean;
  readonly data: Uint8Array;
}

const signedWithKey = 0x04;
const headerBytes = 40;
const signatureBytes = 64;

/**
 * @param encoded the certificate without its base64
 * @throws TorError `netdoc-bad-certificate`
 */
export function decodeEd25519Certificate(encoded: Uint8Array): Ed25519Certificate {
  // A copy, so that the parts, which are views of it, do not change with the caller's buffer.
  return readCertificate(new Uint8Array(encoded));
}

/** @param bytes all of their own memory, of which the parts are views */
function readCertificate(bytes: Uint8Array<ArrayBuffer>): Ed25519Certificate {
  if (bytes.length < headerBytes + signatureBytes) throw badCertificate('it is too short');
  const view = new DataView(bytes.buffer);
  if (view.getUint8(0) !== 1) throw badCertificate(`its version is ${view.getUint8(0)}, not 1`);
  const end = bytes.length - signatureBytes;
  const extensions: CertificateExtension[] = [];
  let at = headerBytes;
  for (let left = view.getUint8(39); left > 0; left--) {
    if (at + 4 > end) throw badCertificate('an extension is cut off');
    const length = view.getUint16(at);
    const data = bytes.subarray(at + 4, at + 4 + length);
    const type = view.getUint8(at + 2);
    const affectsValidation = (view.getUint8(at + 3) & 1) !== 0;
    at += 4 + length;
    if (at > end) throw badCertificate('an extension is cut off');
    extensions.push({ type, affectsValidation, data });
  }
  if (at !== end) throw badCertificate('there is something between its extensions and its signature');
  const signingKey = extensions.find((extension) => extension.type === signedWithKey)?.data ?? null;
  if (signingKey !== null && signingKey.length !== 32) throw badCertificate('the key that signed is not 32 bytes long');
  return {
    type: view.getUint8(1),
    expiresMs: view.getUint32(2) * 3_600_000,
    keyType: view.getUint8(6),
    certifiedKey: bytes.subarray(7, 39),
    signingKey,
    extensions,
    signature: bytes.subarray(end),
    signedBytes: bytes.subarray(0, end),
  };
}

/** The inverse of decodeEd25519Certificate; the signature is taken as it is. */
export function encodeEd25519Certificate(
  certificate: Omit<Ed25519Certificate, 'signedBytes' | 'signingKey'>,
): Uint8Array {
  const bytes = encodeUnsigned(certificate);
  bytes.set(certificate.signature, bytes.length - signatureBytes);
  return bytes;
}

/**
 * The certificate with its signature.
 *
 * @param sign gives the signature over the bytes, 64 bytes
 */
export function signEd25519Certificate(
  certificate: UnsignedEd25519Certificate,
  sign: (bytes: Uint8Array) => Uint8Array,
): Ed25519Certificate {
  const bytes = encodeUnsigned(certificate);
  const end = bytes.length - signatureBytes;
  bytes.set(sign(bytes.subarray(0, end)), end);
  return readCertificate(bytes);
}

/** With room for the signature. In one piece of memory: a descriptor has forty certificates. */
function encodeUnsigned(certificate: UnsignedEd25519Certificate): Uint8Array<ArrayBuffer> {
  const { type, expiresMs, keyType, certifiedKey, extensions } = certificate;
  const extensionBytes = extensions.reduce((sum, { data }) => sum + 4 + data.length, 0);
  const bytes = new Uint8Array(headerBytes + extensionBytes + signatureBytes);
  // Refuses numbers that do not fit.
  const writer = Buffer.from(bytes.buffer);
  writer.writeUInt8(1, 0);
  writer.writeUInt8(type, 1);
  writer.writeUInt32BE(Math.floor(expiresMs / 3_600_000), 2);
  writer.writeUInt8(keyType, 6);
  bytes.set(certifiedKey, 7);
  writer.writeUInt8(extensions.length, headerBytes - 1);
  let at = headerBytes;
  for (const { type: extensionType, affectsValidation, data } of extensions) {
    writer.writeUInt16BE(data.length, at);
    writer.writeUInt8(extensionType, at + 2);
    writer.writeUInt8(affectsValidation ? 1 : 0, at + 3);
    bytes.set(data, at + 4);
    at += 4 + data.length;
  }
  return bytes;
}

/**
 * Whether the certificate is signed by `key`, names no other signer, has not expired, and holds no extension that has
 * to be understood and is not.
 *
 * @param key 32 bytes: the key the caller expects (cert-spec §2.1: "parties SHOULD know")
 * @param nowMs the time to judge by
 */
export function isValidEd25519Certificate(certificate: Ed25519Certificate, key: Uint8Array, nowMs: number): boolean {
  const { signingKey, extensions, expiresMs, signedBytes, signature } = certificate;
  if (signingKey !== null && Buffer.compare(signingKey, key) !== 0) return false;
  if (extensions.some((extension) => extension.affectsValidation && extension.type !== signedWithKey)) return false;
  return nowMs < expiresMs && verifyEd25519(key, signedBytes, signature);
}

/** Whether `signature` (64 bytes) over `message` is by the Ed25519 `key` (32 bytes). */
export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') };
  return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature);
}

function badCertificate(why: string): TorError {
  return new TorError(`not an Ed25519 certificate: ${why}`, {
    kind: 'protocol',
    code: 'netdoc-bad-certificate',
    place: 'network',
  });
}
