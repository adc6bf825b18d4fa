// What an audit finds: named, with the relays concerned and the evidence. The kinds decide what may count against data.
import type { JsonObject } from '../../base/json.ts';

/** Exact, checked on every row: never false. */
export const factCodes = ['duplicate-row', 'gap', 'identity', 'missing-relay', 'server-renamed'] as const;
/** True of the data's form or of the design; information, never alone a reason for exit code 7. */
export const methodCodes = ['dependent-samples', 'treatment-unproven', 'multiple-comparison', 'single-host'] as const;
/** A p value each; one family-wise error over checks and arms, by Holm. */
export const inferenceCodes = [
  'carry-over',
  'unequal-start',
  'warm-up',
  'snapshot-conclusion',
  'arm-changed',
  'not-randomised',
  'counter-dip',
] as const;

export type FactCode = (typeof factCodes)[number];
export type MethodCode = (typeof methodCodes)[number];
export type InferenceCode = (typeof inferenceCodes)[number];
export type FindingCode = FactCode | MethodCode | InferenceCode;
export type FindingKind = 'fact' | 'method' | 'inference';
export type Severity = 'info' | 'warning' | 'error';

/** A relay that a cause independent of the outcome speaks against. */
export interface Exclusion {
  readonly relay: string;
  readonly code: FindingCode;
  /** For people: `no V2Dir flag on 2026-01-05 while the rest of the arm has it`. */
  readonly cause: string;
}

export interface Finding {
  readonly code: FindingCode;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly arm?: string;
  /** Ids, sorted. */
  readonly relays: readonly string[];
  /** One or two sentences for people. */
  readonly message: string;
  /** What proves it: counts, instants, lines, p values before and after Holm. */
  readonly evidence: JsonObject;
  /**
   * Relays to leave out of the clean analysis. Only causes that do not depend on the outcome (flags, settings, build-ids,
   * figures before the start), found by the same rule in every arm.
   */
  readonly exclusions: readonly Exclusion[];
}
