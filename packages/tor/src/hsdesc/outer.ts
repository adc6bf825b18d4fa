// The outer layer of an onion service descriptor, which directories see: parsing and verifying. rend-spec-v3 §2.4.
import { TorError } from '../error.ts';
import { certificateTypes, decodeEd25519Certificate, type Ed25519Certificate } from '../netdoc/ed25519-certificate.ts';
import { parseNumber } from '../netdoc/fields.ts';
import { NetdocReader } from '../netdoc/reader.ts';
import { createVerifier, type Verifier } from '../onion/native-key.ts';
import { decodeBase64 } from './base64.ts';
import { type CertificateMemory, findCertificateProblem } from './certificate.ts';
import { hsdescError } from './problem.ts';
import { nextKeyword } from './reading.ts';

/** Both are what tor allows: HS_DESC_MAX_LIFETIME, and the default of the parameter HSV3MaxDescriptorSize. */
const maxLifetimeMinutes = 720;
export const defaultMaxDescriptorBytes = 50_000;

export const signaturePrefix = 'Tor onion service descriptor sig v3';

export interface OuterLayer {
  readonly lifetimeMinutes: number;
  /** The descriptor signing key by the blinded key. */
  readonly signingCertificate: Ed25519Certificate;
  /** Name of the descriptor at its directories: the certificate's signer, 32 bytes. */
  readonly blindedKey: Uint8Array;
  /** Signs the descriptor and the certificates of introduction points, 32 bytes. */
  readonly signingKey: Uint8Array;
  readonly revisionCounter: bigint;
  /** The middle layer, encrypted. */
  readonly superencrypted: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** What the signature is over, but for the prefix. */
  readonly signedText: string;
}

/**
 * Reads the outer layer; verifies nothing but its form.
 *
 * @param text without the line ends of the control port, which are not tor's
 * @throws TorError with the line: `hsdesc-not-a-descriptor`, `hsdesc-too-large`, `hsdesc-missing`, `hsdesc-repeated`,
 *   `hsdesc-bad-value`, `hsdesc-bad-certificate`, `netdoc-…` from the reader of lines
 */
export function parseOuter(text: string, maxBytes = defaultMaxDescriptorBytes): OuterLayer {
  // No character has more than three bytes in UTF-8.
  const bytes = 3 * text.length <= maxBytes ? text.length : Buffer.byteLength(text);
  if (bytes > maxBytes) throw hsdescError('too-large', `the descriptor has ${bytes} bytes, more than ${maxBytes}`);
  const reader = new NetdocReader(text);
  if (nextKeyword(reader) !== 'hs-descriptor' || reader.args !== '3') {
    throw hsdescError('not-a-descriptor', 'expected "hs-descriptor 3"', Math.max(1, reader.line));
  }
  let lifetimeMinutes: number | undefined;
  let signingCertificate: Ed25519Certificate | undefined;
  let revisionCounter: bigint | undefined;
  let superencrypted: Uint8Array | undefined;
  while (reader.next()) {
    const { keyword, line } = reader;
    switch (keyword) {
      case 'hs-descriptor':
        throw hsdescError('repeated', 'a second hs-descriptor line', line);
      case 'descriptor-lifetime':
        refuseSecond(lifetimeMinutes, reader);
        lifetimeMinutes = parseNumber(reader.args, line, maxLifetimeMinutes);
        break;
      case 'descriptor-signing-key-cert':
        refuseSecond(signingCertificate, reader);
        signingCertificate = readCertificate(reader);
        break;
      case 'revision-counter':
        refuseSecond(revisionCounter, reader);
        revisionCounter = parseCounter(reader.args, line);
        break;
      case 'superencrypted':
        refuseSecond(superencrypted, reader);
        superencrypted = reader.objectBytes('MESSAGE');
        break;
      case 'signature': {
        const { start } = reader;
        const signature = decodeBase64(reader.args, 64, line);
        if (reader.next()) throw hsdescError('unexpected', `${reader.keyword} after the signature`, reader.line);
        const lifetime = required(lifetimeMinutes, 'descriptor-lifetime', line);
        const certificate = required(signingCertificate, 'descriptor-signing-key-cert', line);
        const { signingKey: blindedKey, certifiedKey: signingKey } = certificate;
        if (blindedKey === null) {
          throw hsdescError('bad-certificate', 'the signing key’s certificate does not name the blinded key', line);
        }
        return {
          lifetimeMinutes: lifetime,
          signingCertificate: certificate,
          blindedKey,
          signingKey,
          revisionCounter: required(revisionCounter, 'revision-counter', line),
          superencrypted: required(superencrypted, 'superencrypted', line),
          signature,
          signedText: text.slice(0, start),
        };
      }
    }
  }
  throw hsdescError('missing', 'the descriptor has no signature', reader.line);
}

export interface OuterCheck {
  /** The blinded key that the descriptor must be by, 32 bytes; without this check anyone who knows an address could make one. */
  readonly blindedKey: Uint8Array;
  readonly nowMs: number;
  readonly memory?: CertificateMemory | undefined;
  /** Of the descriptor signing key, when the caller has it already. */
  readonly verifier?: Verifier | undefined;
}

/**
 * @throws TorError `hsdesc-wrong-key`, `hsdesc-bad-certificate`, `hsdesc-bad-signature`
 */
export function verifyOuter(outer: OuterLayer, check: OuterCheck): void {
  const { blindedKey, nowMs, memory } = check;
  const { signingCertificate, signingKey, signature, signedText } = outer;
  if (Buffer.compare(outer.blindedKey, blindedKey) !== 0) {
    throw hsdescError('wrong-key', 'the descriptor is of another service or another time period');
  }
  const type = certificateTypes.hsDescriptorSigningKeyByBlindedKey;
  const problem = findCertificateProblem(signingCertificate, { type, signer: blindedKey, nowMs, memory });
  if (problem !== null) throw hsdescError('bad-certificate', `descriptor-signing-key-cert: ${problem}`);
  const verifier = check.verifier ?? createVerifier(signingKey);
  if (!verifier(Buffer.from(signaturePrefix + signedText), signature)) {
    throw hsdescError('bad-signature', 'the signature of the descriptor is wrong');
  }
}

/** The ED25519 CERT object of the item that the reader stands on. @throws TorError `hsdesc-bad-certificate`, `netdoc-bad-object` */
export function readCertificate(reader: NetdocReader): Ed25519Certificate {
  const { keyword, line } = reader;
  const bytes = reader.objectBytes('ED25519 CERT');
  try {
    return decodeEd25519Certificate(bytes);
  } catch (error) {
    if (!(error instanceof TorError)) throw error;
    throw hsdescError('bad-certificate', `${keyword}: ${error.message}`, line);
  }
}

function parseCounter(text: string, line: number): bigint {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value >= 2n ** 64n) {
    throw hsdescError('bad-value', `expected a number of 64 bits, found ${JSON.stringify(text.slice(0, 60))}`, line);
  }
  return value;
}

function refuseSecond(before: unknown, { keyword, line }: NetdocReader): void {
  if (before !== undefined) throw hsdescError('repeated', `a second ${keyword} line`, line);
}

function required<T>(value: T | undefined, keyword: string, line: number): T {
  if (value === undefined) throw hsdescError('missing', `the descriptor has no ${keyword} line`, line);
  return value;
}
