// One introduction point of the inner layer: its form, and whether its certificates hold. rend-spec-v3 §2.5.2.2.
import { TorError } from '../error.ts';
import { certificateTypes, type Ed25519Certificate } from '../netdoc/ed25519-certificate.ts';
import type { NetdocReader } from '../netdoc/reader.ts';
import { decodeLinkSpecifiers, type LinkSpecifier } from '../onion/link-specifier.ts';
import type { Signer, Verifier } from '../onion/native-key.ts';
import { decodeBase64 } from './base64.ts';
import { type CertificateMemory, certify, findCertificateProblem } from './certificate.ts';
import { readCertificate } from './outer.ts';
import { introPointError } from './problem.ts';

export interface IntroPoint {
  readonly linkSpecifiers: readonly LinkSpecifier[];
  /** The relay's key for the ntor handshake: Curve25519, 32 bytes. */
  readonly onionKey: Uint8Array;
  /** The key that the service established the point with, certified by the descriptor signing key. */
  readonly authKeyCertificate: Ed25519Certificate;
  /** What introductions are encrypted to: Curve25519, 32 bytes. */
  readonly encKey: Uint8Array;
  /** Its Ed25519 form, certified by the descriptor signing key. */
  readonly encKeyCertificate: Ed25519Certificate;
  /** Items that are not known here, as they stood, without the newline at the end: keys of other kinds among them. */
  readonly unknown: readonly string[];
}

/**
 * Reads the point whose `introduction-point` the reader stands on, and leaves the reader on the next one or at the end.
 *
 * @throws TorError with the line: `hsdesc-missing`, `hsdesc-repeated`, `hsdesc-legacy-intro-point`, `hsdesc-bad-value`,
 *   `hsdesc-bad-link-specifiers`, `netdoc-…`
 */
export function readIntroPoint(reader: NetdocReader): IntroPoint {
  const pointLine = reader.line;
  const linkSpecifiers = readLinkSpecifiers(reader);
  let onionKey: Uint8Array | undefined;
  let authKeyCertificate: Ed25519Certificate | undefined;
  let encKey: Uint8Array | undefined;
  let encKeyCertificate: Ed25519Certificate | undefined;
  const unknown: string[] = [];
  for (let more = reader.next(); more && reader.keyword !== 'introduction-point'; ) {
    const { keyword, line, start } = reader;
    const [kind, key] = reader.args.split(' ');
    let isKnown = true;
    const refuseSecond = (before: unknown) => {
      if (before !== undefined) throw introPointError('repeated', `a second ${keyword} line in one point`, line);
    };
    switch (keyword) {
      case 'onion-key':
        isKnown = kind === 'ntor';
        if (!isKnown) break;
        refuseSecond(onionKey);
        onionKey = decodeBase64(key, 32, line);
        break;
      case 'auth-key':
        refuseSecond(authKeyCertificate);
        authKeyCertificate = readCertificate(reader);
        break;
      case 'enc-key':
        isKnown = kind === 'ntor';
        if (!isKnown) break;
        refuseSecond(encKey);
        encKey = decodeBase64(key, 32, line);
        break;
      case 'enc-key-cert':
        refuseSecond(encKeyCertificate);
        encKeyCertificate = readCertificate(reader);
        break;
      case 'legacy-key':
      case 'legacy-key-cert':
        throw introPointError(
          'legacy-intro-point',
          'a point with a legacy key: tor no longer makes or uses them',
          line,
        );
      default:
        isKnown = false;
    }
    more = reader.next();
    if (!isKnown) unknown.push(reader.text.slice(start, reader.start).replace(/\n+$/, ''));
  }
  const required = <T>(value: T | undefined, keyword: string): T => {
    if (value === undefined) throw introPointError('missing', `an introduction point without ${keyword}`, pointLine);
    return value;
  };
  return {
    linkSpecifiers,
    onionKey: required(onionKey, 'onion-key ntor'),
    authKeyCertificate: required(authKeyCertificate, 'auth-key'),
    encKey: required(encKey, 'enc-key ntor'),
    encKeyCertificate: required(encKeyCertificate, 'enc-key-cert'),
    unknown,
  };
}

export interface IntroPointCheck {
  /** The descriptor signing key, 32 bytes. */
  readonly signingKey: Uint8Array;
  readonly verifier: Verifier;
  readonly nowMs: number;
  readonly memory?: CertificateMemory | undefined;
}

/**
 * @param line where the point stands, for the error
 * @throws TorError `hsdesc-bad-certificate`
 */
export function verifyIntroPoint(point: IntroPoint, check: IntroPointCheck, line?: number): void {
  const { signingKey: signer, verifier, nowMs, memory } = check;
  const { hsIntroAuthKeyByDescriptorSigningKey: authType, hsIntroEncKeyByDescriptorSigningKey: encType } =
    certificateTypes;
  for (const [keyword, certificate, type] of [
    ['auth-key', point.authKeyCertificate, authType],
    ['enc-key-cert', point.encKeyCertificate, encType],
  ] as const) {
    const problem = findCertificateProblem(certificate, { type, signer, verifier, nowMs, memory });
    if (problem !== null)
      throw introPointError('bad-certificate', `${keyword} of an introduction point: ${problem}`, line);
  }
}

/**
 * The same point under another descriptor signing key: what a balancer publishes of a worker's. Only the two certificates
 * are made anew; no secret of the worker is needed, and what the certificates are about stays.
 */
export function recertifyIntroPoint(point: IntroPoint, signer: Signer, expiresMs: number): IntroPoint {
  const remake = ({ type, certifiedKey }: Ed25519Certificate) => certify({ type, certifiedKey, expiresMs, signer });
  return {
    ...point,
    authKeyCertificate: remake(point.authKeyCertificate),
    encKeyCertificate: remake(point.encKeyCertificate),
  };
}

function readLinkSpecifiers(reader: NetdocReader): LinkSpecifier[] {
  const { args, line } = reader;
  const bytes = decodeBase64(args, undefined, line);
  let specifiers: LinkSpecifier[];
  try {
    specifiers = decodeLinkSpecifiers(bytes);
  } catch (error) {
    if (!(error instanceof TorError)) throw error;
    throw introPointError('bad-link-specifiers', error.message, line);
  }
  // What C tor's clients need to reach a relay; rend-spec-v3 §0.4 would have the Ed25519 identity as well.
  const kinds = new Set(specifiers.map(({ kind }) => kind));
  if (!kinds.has('rsa-id') || !(kinds.has('ipv4') || kinds.has('ipv6'))) {
    throw introPointError('bad-link-specifiers', 'an introduction point without an address or an RSA identity', line);
  }
  return specifiers;
}
