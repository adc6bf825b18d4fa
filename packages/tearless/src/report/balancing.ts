// What a report on a balanced onion service under visitors shows, as values.
import type { Span } from './span.ts';

export interface BalancingWorker {
  readonly id: string;
  /** `in`, `out`, `draining`, span after span. */
  readonly states: readonly (Span & { readonly state: string })[];
  readonly visits: number;
  /** Part of all visits that were answered. */
  readonly share: number;
}

export interface BalancingVisit {
  readonly atMs: number;
  readonly tookMs: number;
  readonly outcome: 'ok' | 'retried' | 'failed';
  /** The visitor knew no descriptor. */
  readonly isFresh: boolean;
  /** Who answered. */
  readonly worker?: string;
}

/** Something that was done to the workers, and when every directory had it. */
export interface BalancingChange {
  readonly what: string;
  readonly atMs: number;
  readonly publishedMs: number;
}

export interface Balancing {
  readonly title: string;
  readonly lead: string;
  readonly span: Span;
  readonly phases: readonly (Span & { readonly name: string })[];
  readonly workers: readonly BalancingWorker[];
  readonly visits: readonly BalancingVisit[];
  readonly changes: readonly BalancingChange[];
  readonly introductionPoints: number;
  readonly distinctDescriptors: number;
  /** Of visits that were answered; null without any. */
  readonly freshP99Ms: number | null;
  readonly cachedP99Ms: number | null;
  readonly proofs: readonly { readonly holds: boolean; readonly text: string }[];
}
