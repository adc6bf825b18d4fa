// From the text of an onion service descriptor to its content, every layer opened and every signature checked.
import type { TorError } from '../error.ts';
import type { DescriptorKeys } from '../onion/credential.ts';
import { createVerifier } from '../onion/native-key.ts';
import type { Revealable, Sensitive } from '../sensitive.ts';
import type { CertificateMemory } from './certificate.ts';
import { openCookie } from './client-auth.ts';
import type { DescriptorContent } from './encode-descriptor.ts';
import { parseInner } from './inner.ts';
import { type IntroPoint, verifyIntroPoint } from './intro-point.ts';
import { decryptInner, decryptMiddle, saltOf } from './layer-encryption.ts';
import { parseMiddle } from './middle.ts';
import { type OuterLayer, parseOuter, verifyOuter } from './outer.ts';
import { inLayer } from './problem.ts';

export interface OpenOptions {
  /** Of the service in the period of the descriptor: deriveDescriptorKeys. */
  readonly keys: DescriptorKeys;
  /** For a service with client authorization: an X25519 secret, 32 bytes. */
  readonly clientSecret?: Revealable<Uint8Array> | undefined;
  /** Default 50,000, as HSDirs have it. */
  readonly maxBytes?: number | undefined;
}

export interface DecodeOptions extends OpenOptions {
  /** By which certificates are judged. */
  readonly nowMs: number;
  /** Makes decoding the next version of the same descriptor cheaper. */
  readonly memory?: CertificateMemory | undefined;
}

export interface DecodedDescriptor extends DescriptorContent {
  readonly outer: OuterLayer;
  readonly descriptorCookie: Sensitive<Uint8Array> | null;
  /** Introduction points that are not usable, with their reasons; they are not in the content. */
  readonly refused: readonly TorError[];
}

/**
 * @param text as the control port's HS_DESC_CONTENT or `GETINFO hs/service/desc/id/…` give it, with LF alone
 * @throws TorError that names the layer: `hsdesc-wrong-key`, `hsdesc-bad-certificate`, `hsdesc-bad-signature`,
 *   `hsdesc-bad-mac` (at the inner layer also for want of client authorization), and what parsing throws
 */
export function decodeDescriptor(text: string, options: DecodeOptions): DecodedDescriptor {
  const { keys, nowMs, memory, maxBytes } = options;
  const { outer, verifier } = inLayer('outer', () => {
    const parsed = parseOuter(text, maxBytes);
    const ofSigningKey = createVerifier(parsed.signingKey);
    verifyOuter(parsed, { blindedKey: keys.blindedKey, nowMs, memory, verifier: ofSigningKey });
    return { outer: parsed, verifier: ofSigningKey };
  });
  const check = { signingKey: outer.signingKey, verifier, nowMs, memory };
  return openLayers(outer, options, (point, line) => verifyIntroPoint(point, check, line));
}

/**
 * Like decodeDescriptor, but checks no signature and no time: anyone who knows the address could have made what this reads.
 * For looking at descriptors of one's own, or at old ones; nothing of it may be published.
 *
 * @throws TorError as decodeDescriptor, but for certificates and signatures
 */
export function openDescriptor(text: string, options: OpenOptions): DecodedDescriptor {
  const outer = inLayer('outer', () => parseOuter(text, options.maxBytes));
  return openLayers(outer, options, () => {});
}

function openLayers(
  outer: OuterLayer,
  { keys, clientSecret }: OpenOptions,
  check: (point: IntroPoint, line: number) => void,
): DecodedDescriptor {
  const secrets = { keys, revisionCounter: outer.revisionCounter };
  const middle = inLayer('middle', () => parseMiddle(latin1(decryptMiddle(outer.superencrypted, secrets))));
  return inLayer('inner', () => {
    const descriptorCookie = clientSecret === undefined ? null : openCookie(middle, keys.subcredential, clientSecret);
    const { refused, ...inner } = parseInner(latin1(decryptInner(middle.encrypted, secrets, descriptorCookie)), check);
    const { encrypted, ...authorization } = middle;
    return {
      outer,
      lifetimeMinutes: outer.lifetimeMinutes,
      signingCertificate: outer.signingCertificate,
      revisionCounter: outer.revisionCounter,
      middle: authorization,
      inner,
      salts: { middle: saltOf(outer.superencrypted), inner: saltOf(encrypted) },
      descriptorCookie,
      refused,
    };
  });
}

/** Bytes beyond ASCII, which no known line has, keep their values this way. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
