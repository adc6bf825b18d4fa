// Keys made ahead as the keys of a frontend: those of a period are there or not, and nothing here can make more of them.
import { certificateExpiryMs, certifyDescriptorSigningKey } from '@tearless/tor/hsdesc/certificate.ts';
import { deriveDescriptorKeys } from '@tearless/tor/onion/credential.ts';
import { signerFromSeed } from '@tearless/tor/onion/native-key.ts';
import { RevisionCounters } from '@tearless/tor/onion/revision-counter.ts';
import type { FrontendKeys, PeriodKeys } from '../model/frontend-keys.ts';
import { type Presigned, type PresignedPeriod, presignedUntilMs, signatureBytes } from './presigned.ts';

const hourMs = 3_600_000;

/** @returns keys for the periods that they were made for; the length of a period is part of it */
export const keysFromPresigned = (presigned: Presigned): FrontendKeys => {
  const { address, publicKey, periods } = presigned;
  const opened = new Map<number, PeriodKeys>();
  return {
    address,
    publicKey,
    untilMs: presignedUntilMs(presigned),
    of({ number, lengthMinutes }) {
      const known = opened.get(number);
      if (known?.period.lengthMinutes === lengthMinutes) return known;
      const made = periods.find(({ period }) => period.number === number && period.lengthMinutes === lengthMinutes);
      if (made === undefined) return undefined;
      const keys = openPeriod(publicKey, made);
      opened.set(number, keys);
      return keys;
    },
  };
};

const openPeriod = (publicKey: Uint8Array, made: PresignedPeriod): PeriodKeys => {
  const keys = deriveDescriptorKeys(publicKey, made.period);
  const signer = signerFromSeed(made.signingSeed);
  return {
    period: made.period,
    keys,
    descriptorId: Buffer.from(keys.blindedKey).toString('base64').replace(/=+$/, ''),
    counters: new RevisionCounters(made.counterKey),
    signer,
    certify(nowMs) {
      const index = pickCertificate(made, nowMs);
      const signature = made.certificateSignatures.subarray(index * signatureBytes, (index + 1) * signatureBytes);
      // All of a certificate but its signature follows from what it is about.
      const blinded = { publicKey: keys.blindedKey, sign: () => signature };
      return certifyDescriptorSigningKey(blinded, signer.publicKey, made.firstExpiryMs + index * hourMs);
    },
  };
};

/** The one that tor would make at that moment; outside the time in which the descriptor is published, the nearest. */
const pickCertificate = ({ firstExpiryMs, certificateSignatures }: PresignedPeriod, nowMs: number): number => {
  const wanted = (certificateExpiryMs(nowMs) - firstExpiryMs) / hourMs;
  return Math.min(certificateSignatures.length / signatureBytes - 1, Math.max(0, wanted));
};
