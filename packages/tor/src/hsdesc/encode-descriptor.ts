// From the content of an onion service descriptor to its text, all layers encrypted and signed. What it is made from comes
// in whole: the same content gives the same bytes.
import type { Ed25519Certificate } from '../netdoc/ed25519-certificate.ts';
import type { DescriptorKeys } from '../onion/credential.ts';
import type { Signer } from '../onion/native-key.ts';
import type { Revealable } from '../sensitive.ts';
import { renderInner } from './build/inner.ts';
import { padMiddle, renderMiddle } from './build/middle.ts';
import { renderOuter } from './build/outer.ts';
import type { InnerLayer } from './inner.ts';
import { encryptInner, encryptMiddle } from './layer-encryption.ts';
import type { MiddleLayer } from './middle.ts';
import { defaultMaxDescriptorBytes } from './outer.ts';
import { hsdescError } from './problem.ts';

export interface DescriptorContent {
  /** tor writes 180. */
  readonly lifetimeMinutes: number;
  /** The descriptor signing key by the blinded key: certifyDescriptorSigningKey. */
  readonly signingCertificate: Ed25519Certificate;
  readonly revisionCounter: bigint;
  readonly middle: Omit<MiddleLayer, 'encrypted'>;
  readonly inner: InnerLayer;
  /** 16 fresh random bytes for each layer; tor takes others for each directory as well. */
  readonly salts: { readonly middle: Uint8Array; readonly inner: Uint8Array };
  /** 16 bytes, of a service with client authorization. */
  readonly descriptorCookie: Revealable<Uint8Array> | null;
}

export interface EncodeOptions {
  readonly keys: DescriptorKeys;
  /** Has the descriptor signing key, which the content's certificate is about. */
  readonly signer: Signer;
  /** The parameter HSV3MaxDescriptorSize. Default 50,000. */
  readonly maxBytes?: number | undefined;
}

/**
 * @throws TorError `hsdesc-too-large`, `hsdesc-too-many-intro-points`, `hsdesc-wrong-key` when certificates, keys and signer
 *   do not belong together, `onion-…` for values of wrong length
 */
export function encodeDescriptor(content: DescriptorContent, options: EncodeOptions): string {
  const { signingCertificate, revisionCounter, salts } = content;
  const { keys, signer, maxBytes = defaultMaxDescriptorBytes } = options;
  requireSame(signingCertificate.signingKey, keys.blindedKey, 'the signing certificate is not by the blinded key');
  requireSame(signingCertificate.certifiedKey, signer.publicKey, 'the signing certificate is not of the signer’s key');
  for (const { authKeyCertificate, encKeyCertificate } of content.inner.introPoints) {
    for (const { signingKey } of [authKeyCertificate, encKeyCertificate]) {
      requireSame(signingKey, signer.publicKey, 'an introduction point is not certified by the signer’s key');
    }
  }
  // A directory that has the highest counter of all takes nothing more for that key.
  if (revisionCounter < 0n || revisionCounter >= 2n ** 64n - 1n) {
    throw hsdescError('bad-value', `the revision counter ${revisionCounter} is not below 2^64 - 1`);
  }
  const secrets = { keys, revisionCounter };
  const inner = Buffer.from(renderInner(content.inner), 'latin1');
  const encrypted = encryptInner(inner, secrets, salts.inner, content.descriptorCookie);
  const middle = padMiddle(renderMiddle({ ...content.middle, encrypted }));
  const superencrypted = encryptMiddle(middle, secrets, salts.middle);
  const { lifetimeMinutes } = content;
  const text = renderOuter({ lifetimeMinutes, signingCertificate, revisionCounter, superencrypted }, signer);
  // tor makes none of exactly that size either.
  if (text.length >= maxBytes) {
    throw hsdescError('too-large', `the descriptor has ${text.length} bytes; directories take less than ${maxBytes}`);
  }
  return text;
}

function requireSame(found: Uint8Array | null, expected: Uint8Array, otherwise: string): void {
  if (found === null || Buffer.compare(found, expected) !== 0) throw hsdescError('wrong-key', otherwise);
}
