// The keys of a frontend, period by period. Where they come from, an identity at hand or certificates that were made ahead
// while it stays offline, is not told here.
import type { Ed25519Certificate } from '@tearless/tor/netdoc/ed25519-certificate.ts';
import type { DescriptorKeys } from '@tearless/tor/onion/credential.ts';
import type { Signer } from '@tearless/tor/onion/native-key.ts';
import type { RevisionCounters } from '@tearless/tor/onion/revision-counter.ts';
import type { TimePeriod } from '@tearless/tor/onion/time-period.ts';

export interface PeriodKeys {
  readonly period: TimePeriod;
  readonly keys: DescriptorKeys;
  /** In base64 without padding, as the control port names descriptors. */
  readonly descriptorId: string;
  readonly counters: RevisionCounters;
  /** Has the descriptor signing key. */
  readonly signer: Signer;
  /** The signing key's certificate that is to stand in a descriptor of that moment. */
  certify(nowMs: number): Ed25519Certificate;
}

export interface FrontendKeys {
  /** With `.onion`. */
  readonly address: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** There are keys until then; undefined: for ever. Asked each time, as new ones may come. */
  readonly untilMs?: number | undefined;
  /** Undefined: there are none for that period, as those made ahead have ended. Nothing is published for it then. */
  of(period: TimePeriod): PeriodKeys | undefined;
}
