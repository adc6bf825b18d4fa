// The certificates of a descriptor: making them, and checking them as C tor does. cert-spec §2.1; rend-spec-v3 §2.4, §2.5.2.2.
import { hash } from 'node:crypto';
import { certificateTypes, type Ed25519Certificate, signEd25519Certificate } from '../netdoc/ed25519-certificate.ts';
import { createVerifier, type Signer, type Verifier } from '../onion/native-key.ts';
import { requireLength } from '../onion/problem.ts';
import { DigestSet } from './digest-set.ts';

const hourMs = 3_600_000;
const signedWithKey = 4;
const ed25519KeyType = 1;

/**
 * When tor's certificates in descriptors end: 54 hours on, rounded up to an hour.
 *
 * @example
 * new Date(certificateExpiryMs(Date.UTC(2026, 0, 1, 0, 1))).toISOString(); // '2026-01-03T07:00:00.000Z'
 */
export function certificateExpiryMs(nowMs: number, lifetimeHours = 54): number {
  return Math.ceil((nowMs + lifetimeHours * hourMs) / hourMs) * hourMs;
}

export interface CertifyOptions {
  readonly type: number;
  /** 32 bytes. */
  readonly certifiedKey: Uint8Array;
  /** Rounded up to an hour. */
  readonly expiresMs: number;
  readonly signer: Signer;
}

/** A certificate that names its signer, as all of a descriptor do. */
export function certify({ type, certifiedKey, expiresMs, signer }: CertifyOptions): Ed25519Certificate {
  const certificate = {
    type,
    expiresMs: Math.ceil(expiresMs / hourMs) * hourMs,
    keyType: ed25519KeyType,
    certifiedKey: requireLength(certifiedKey, 32, 'a certified key'),
    extensions: [{ type: signedWithKey, affectsValidation: false, data: signer.publicKey }],
  };
  return signEd25519Certificate(certificate, (bytes) => signer.sign(bytes));
}

/**
 * The descriptor signing key, certified by the blinded key of a period. It may be made long before it is used, so that
 * neither the blinded nor the identity key needs to be where descriptors are made.
 */
export function certifyDescriptorSigningKey(blinded: Signer, signingKey: Uint8Array, expiresMs: number) {
  const type = certificateTypes.hsDescriptorSigningKeyByBlindedKey;
  return certify({ type, certifiedKey: signingKey, expiresMs, signer: blinded });
}

/** All bytes of a certificate as they were signed. */
export function certificateBytes({ signedBytes, signature }: Ed25519Certificate): Uint8Array {
  const { buffer, byteOffset, length } = signedBytes;
  // As they are where the certificate was decoded.
  if (signature.buffer === buffer && signature.byteOffset === byteOffset + length)
    return new Uint8Array(buffer, byteOffset, length + signature.length);
  return Buffer.concat([signedBytes, signature]);
}

/**
 * Certificates whose signature was right before. Introduction points keep theirs for hours while the descriptor around them
 * is made anew: remembering saves two verifications a point. When they expire is looked at each time.
 */
export class CertificateMemory {
  readonly #known: DigestSet;

  /** @param limit so many are kept; the oldest go first */
  constructor(limit = 50_000) {
    this.#known = new DigestSet(limit);
  }

  has(certificate: Ed25519Certificate): boolean {
    return this.#known.has(digestOf(certificate));
  }

  add(certificate: Ed25519Certificate): void {
    this.#known.add(digestOf(certificate));
  }

  get size(): number {
    return this.#known.size;
  }
}

export interface CertificateCheck {
  readonly type: number;
  /** The key that must have signed, 32 bytes. */
  readonly signer: Uint8Array;
  readonly nowMs: number;
  readonly memory?: CertificateMemory | undefined;
  /** Of `signer`, when the caller has it already. */
  readonly verifier?: Verifier | undefined;
}

/** @returns what is wrong with it, or null */
export function findCertificateProblem(certificate: Ed25519Certificate, check: CertificateCheck): string | null {
  const { type, signer, nowMs, memory } = check;
  if (certificate.type !== type) return `the certificate is of type ${certificate.type}, not ${type}`;
  if (certificate.signingKey === null) return 'the certificate does not name the key that signed it';
  if (Buffer.compare(certificate.signingKey, signer) !== 0) return 'the certificate is by another key';
  const critical = certificate.extensions.find((one) => one.affectsValidation && one.type !== signedWithKey);
  if (critical !== undefined)
    return `the certificate has an extension of type ${critical.type} that must be understood`;
  if (nowMs >= certificate.expiresMs) {
    return `the certificate expired at ${new Date(certificate.expiresMs).toISOString()}`;
  }
  if (memory?.has(certificate)) return null;
  const verifier = check.verifier ?? createVerifier(signer);
  if (!verifier(certificate.signedBytes, certificate.signature)) return 'the signature of the certificate is wrong';
  memory?.add(certificate);
  return null;
}

/** The signer is among the signed bytes. */
function digestOf(certificate: Ed25519Certificate): Uint8Array {
  return hash('sha256', certificateBytes(certificate), 'buffer');
}
