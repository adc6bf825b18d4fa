// The keys of a frontend whose identity is at hand. The descriptor signing key is new with each process: nobody compares it.
import { certificateExpiryMs, certifyDescriptorSigningKey } from '@tearless/tor/hsdesc/certificate.ts';
import { blindingFactor, blindSecretKey } from '@tearless/tor/onion/blinding.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { signerFromExpanded, signerFromSeed } from '@tearless/tor/onion/native-key.ts';
import { deriveCounterKey, RevisionCounters } from '@tearless/tor/onion/revision-counter.ts';
import type { ExpandedSecretKey } from '@tearless/tor/onion/secret-key.ts';
import type { TimePeriod } from '@tearless/tor/onion/time-period.ts';
import type { FrontendKeys, PeriodKeys } from '../model/frontend-keys.ts';

export interface FrontendKey {
  /** With `.onion`. */
  readonly address: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly secret: ExpandedSecretKey;
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

/** Periods that are needed at once: two, and one more while the change from one to the next goes on. */
const keptPeriods = 3;

/**
 * The keys of all periods from the identity.
 *
 * @param random gives so many random bytes
 */
export const keysFromIdentity = (key: FrontendKey, random: (bytes: number) => Uint8Array): FrontendKeys => {
  const made = new Map<string, PeriodKeys>();
  return {
    address: key.address,
    publicKey: key.publicKey,
    of(period) {
      const name = `${period.number}/${period.lengthMinutes}`;
      const known = made.get(name);
      if (known !== undefined) return known;
      const keys = makePeriodKeys(key, period, random);
      made.set(name, keys);
      for (const oldest of made.keys()) if (made.size > keptPeriods) made.delete(oldest);
      return keys;
    },
  };
};
