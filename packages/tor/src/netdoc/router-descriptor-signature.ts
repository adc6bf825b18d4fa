// Whether a server descriptor was really made by the relay it names: both signatures and the certificate chain.
// Not checked: the cross-certificates of the onion keys. dir-spec §2.1.1, §1.3; cert-spec §2.1.
import { constants, createPublicKey, publicDecrypt } from 'node:crypto';
import { certificateTypes, isValidEd25519Certificate, verifyEd25519 } from './ed25519-certificate.ts';
import type { RouterDescriptor } from './router-descriptor.ts';

/**
 * Null when everything fits, else what does not, in a few words.
 *
 * @param nowMs certificates must not have expired by then
 */
export function findDescriptorFault(descriptor: RouterDescriptor, nowMs: number): string | null {
  if (!hasRsaSignature(descriptor)) return 'the RSA signature does not fit';
  const { identityCertificate: certificate, masterKeyEd25519, signatures, familyCertificates } = descriptor;
  if (certificate === null) return signatures.ed25519 === null ? null : 'an Ed25519 signature without a certificate';
  const { signingKey } = certificate;
  if (certificate.type !== certificateTypes.signingKeyByIdentity || signingKey === null) {
    return 'the identity certificate is of another kind';
  }
  if (masterKeyEd25519 !== null && Buffer.from(signingKey).compare(Buffer.from(masterKeyEd25519, 'base64')) !== 0) {
    return 'the master key is not the one that signed the identity certificate';
  }
  if (!isValidEd25519Certificate(certificate, signingKey, nowMs)) return 'the identity certificate is not valid';
  if (signatures.ed25519 === null) return 'the Ed25519 signature is missing';
  const signature = Buffer.from(signatures.ed25519.signature, 'base64');
  const signed = Buffer.from(signatures.ed25519.signedDigest, 'base64');
  if (signature.length !== 64 || !verifyEd25519(certificate.certifiedKey, signed, signature)) {
    return 'the Ed25519 signature does not fit';
  }
  for (const familyCertificate of familyCertificates) {
    const { type, signingKey: familyKey, certifiedKey } = familyCertificate;
    const certifiesUs = Buffer.compare(certifiedKey, signingKey) === 0;
    if (type !== certificateTypes.identityByFamilyKey || familyKey === null || !certifiesUs) {
      return 'a family certificate is for another key';
    }
    if (!isValidEd25519Certificate(familyCertificate, familyKey, nowMs)) return 'a family certificate is not valid';
  }
  return null;
}

/** The signature is the bare SHA-1 in PKCS #1 padding, without the algorithm identifier that `verify` expects. */
function hasRsaSignature({ signingKey, signatures, digest }: RouterDescriptor): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(signingKey, 'base64'), format: 'der', type: 'pkcs1' });
    const padding = constants.RSA_PKCS1_PADDING;
    const signed = publicDecrypt({ key, padding }, Buffer.from(signatures.rsa, 'base64'));
    return signed.toString('hex').toUpperCase() === digest;
  } catch {
    // A key or signature that OpenSSL cannot read does not fit either.
    return false;
  }
}
