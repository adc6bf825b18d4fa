// The keys of a frontend in one time period. The descriptor signing key is new with each process: nobody compares it.
import { certificateExpiryMs, certifyDescriptorSigningKey } from '@tearless/tor/hsdesc/certificate.ts';
import type { Ed25519Certificate } from '@tearless/tor/netdoc/ed25519-certificate.ts';
import { blindingFactor, blindSecretKey } from '@tearless/tor/onion/blinding.ts';
import { type DescriptorKeys, deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { type Signer, signerFromExpanded, signerFromSeed } from '@tearless/tor/onion/native-key.ts';
import { deriveCounterKey, RevisionCounters } from '@tearless/tor/onion/revision-counter.ts';
import type { ExpandedSecretKey } from '@tearless/tor/onion/secret-key.ts';
import type { TimePeriod } from '@tearless/tor/onion/time-period.ts';

export interface FrontendKey {
  /** With `.onion`. */
  readonly address: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly secret: ExpandedSecretKey;
}

export interface PeriodKeys {
  readonly period: TimePeriod;
  readonly keys: DescriptorKeys;
  /** In base64 without padding, as the control port names descriptors. */
  readonly descriptorId: string;
  readonly counters: RevisionCounters;
  /** Has the descriptor signing key. */
  readonly signer: Signer;
  /** The signing key's certificate, made anew: it holds for 54 hours from then. */
  certify(nowMs: number): Ed25519Certificate;
}

/** @param random gives so many random bytes */
export const makePeriodKeys = (
  { publicKey, secret }: FrontendKey,
  period: TimePeriod,
  random: (bytes: number) => Uint8Array,
): PeriodKeys => {
  const keys = deriveDescriptorKeys(publicKey, period);
  const blindedSecret = blindSecretKey(secret, blindingFactor(publicKey, period));
  const blinded = signerFromExpanded(blindedSecret);
  const signer = signerFromSeed(random(32));
  return {
    period,
    keys,
    descriptorId: Buffer.from(keys.blindedKey).toString('base64').replace(/=+$/, ''),
    counters: new RevisionCounters(deriveCounterKey(blindedSecret)),
    signer,
    certify: (nowMs) => certifyDescriptorSigningKey(blinded, signer.publicKey, certificateExpiryMs(nowMs)),
  };
};
