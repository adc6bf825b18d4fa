// Keys made ahead: what publishing a service's descriptors takes in the coming periods, without the service's own key. For
// each period a descriptor signing key with its certificates, and the key of the revision counter. The blinded secrets stay
// where they were made: with one of them and the address anybody could compute the service's own key. rend-spec-v3 §1.9, §2.4.
import { certificateExpiryMs, certifyDescriptorSigningKey } from '@tearless/tor/hsdesc/certificate.ts';
import { blindingFactor, blindSecretKey } from '@tearless/tor/onion/blinding.ts';
import { signerFromExpanded, signerFromSeed } from '@tearless/tor/onion/native-key.ts';
import { deriveCounterKey } from '@tearless/tor/onion/revision-counter.ts';
import {
  type PeriodRules,
  type TimePeriod,
  timePeriodAt,
  timePeriodNumbered,
} from '@tearless/tor/onion/time-period.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import type { FrontendKey } from '../publish/period-keys.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
export const signatureBytes = 64;

/** What the keys of one period come to. */
export interface PresignedPeriod {
  readonly period: TimePeriod;
  /** Of the descriptor signing key, 32 bytes. */
  readonly signingSeed: Sensitive<Uint8Array>;
  /** 32 bytes. */
  readonly counterKey: Sensitive<Uint8Array>;
  /** When the first certificate ends; each of the others ends an hour after the one before. */
  readonly firstExpiryMs: number;
  /** Of all of them in turn, by the blinded key, 64 bytes each. All else in a certificate follows. */
  readonly certificateSignatures: Uint8Array;
}

export interface Presigned {
  /** With `.onion`. */
  readonly address: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly madeMs: number;
  readonly rules: PeriodRules;
  /** Ascending, without a gap. */
  readonly periods: readonly PresignedPeriod[];
}

/**
 * From the period before the one of now to the one after that of the last day: at each moment a service has descriptors of
 * two periods.
 */
export const listPresignPeriods = (rules: PeriodRules, nowMs: number, days: number): TimePeriod[] => {
  const first = timePeriodAt(rules, nowMs).number - 1;
  const last = timePeriodAt(rules, nowMs + days * dayMs).number + 1;
  return Array.from({ length: last - first + 1 }, (_, index) => timePeriodNumbered(rules, first + index));
};

/**
 * tor makes a certificate for 54 hours whenever it publishes. One certificate of a longer life would tell directories that it
 * was made ahead, so there is one for every hour in which the period's descriptor may be published: half a shared-random run
 * before the period, to half a run after it.
 */
const listExpiries = ({ startMs, endMs }: TimePeriod, { offsetSeconds }: PeriodRules): number[] => {
  const first = certificateExpiryMs(startMs - offsetSeconds * 1000);
  const last = certificateExpiryMs(endMs + offsetSeconds * 1000);
  return Array.from({ length: (last - first) / hourMs + 1 }, (_, index) => first + index * hourMs);
};

const joinBytes = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** @param random gives so many random bytes */
export const presignPeriod = (
  { publicKey, secret }: FrontendKey,
  period: TimePeriod,
  rules: PeriodRules,
  random: (bytes: number) => Uint8Array,
): PresignedPeriod => {
  const blindedSecret = blindSecretKey(secret, blindingFactor(publicKey, period));
  const blinded = signerFromExpanded(blindedSecret);
  const signingSeed = new Sensitive(random(32));
  const { publicKey: signingKey } = signerFromSeed(signingSeed);
  const expiries = listExpiries(period, rules);
  return {
    period,
    signingSeed,
    counterKey: deriveCounterKey(blindedSecret),
    firstExpiryMs: expiries[0] ?? 0,
    certificateSignatures: joinBytes(
      expiries.map((expiresMs) => certifyDescriptorSigningKey(blinded, signingKey, expiresMs).signature),
    ),
  };
};

/** Clients find the service until then. */
export const presignedUntilMs = ({ periods }: Presigned): number => periods.at(-1)?.period.endMs ?? 0;
