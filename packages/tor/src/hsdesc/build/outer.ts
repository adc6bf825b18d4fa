// Builds and signs the outer layer, its lines in C tor's order. rend-spec-v3 §2.4. The parser is ../outer.ts.
import type { Signer } from '../../onion/native-key.ts';
import { encodeBase64, renderObject } from '../base64.ts';
import { certificateBytes } from '../certificate.ts';
import { type OuterLayer, signaturePrefix } from '../outer.ts';

export type OuterContent = Pick<
  OuterLayer,
  'lifetimeMinutes' | 'signingCertificate' | 'revisionCounter' | 'superencrypted'
>;

/** All that is signed: up to and with the newline before the signature. */
export function renderUnsignedOuter(outer: OuterContent): string {
  const { lifetimeMinutes, signingCertificate, revisionCounter, superencrypted } = outer;
  return [
    'hs-descriptor 3',
    `descriptor-lifetime ${lifetimeMinutes}`,
    'descriptor-signing-key-cert',
    renderObject('ED25519 CERT', certificateBytes(signingCertificate)),
    `revision-counter ${revisionCounter}`,
    'superencrypted',
    renderObject('MESSAGE', superencrypted),
    '',
  ].join('\n');
}

/** The whole descriptor. @param signer has the descriptor signing key */
export function renderOuter(outer: OuterContent, signer: Signer): string {
  const body = renderUnsignedOuter(outer);
  return `${body}signature ${encodeBase64(signer.sign(Buffer.from(signaturePrefix + body, 'latin1')), false)}\n`;
}
