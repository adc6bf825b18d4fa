// What a report on a change under traffic shows, as values: who changed when, what was asked meanwhile, what it cost.
import type { Span } from './span.ts';

export interface RolloutRelay {
  readonly id: string;
  /** Which allocator it ran with, span after span. */
  readonly states: readonly (Span & { readonly allocator: string })[];
  readonly restarts: readonly Span[];
  readonly memoryBeforeBytes: number;
  readonly memoryAfterBytes: number;
  /** Restarted on the former allocator: as young as the process that `memoryAfterBytes` is of. */
  readonly memoryBackBytes: number;
}

export interface RolloutRequest {
  readonly atMs: number;
  readonly latencyMs: number;
  readonly outcome: 'ok' | 'retried' | 'failed';
}

/** What one restart cost. */
export interface RolloutRestart extends Span {
  readonly relay: string;
  readonly why: string;
  readonly requestsDuring: number;
  readonly requestsFailed: number;
  readonly streamsCut: number;
  /** From the restart until all its gates had passed; undefined when they did not. */
  readonly gatesPassedAfterMs?: number;
}

export interface Rollout {
  readonly title: string;
  readonly lead: string;
  readonly span: Span;
  readonly phases: readonly (Span & { readonly name: string })[];
  readonly relays: readonly RolloutRelay[];
  readonly requests: readonly RolloutRequest[];
  readonly restarts: readonly RolloutRestart[];
  readonly streams: { readonly opened: number; readonly cut: number };
  /** Sentences with their outcome: what was proved and how. */
  readonly proofs: readonly { readonly holds: boolean; readonly text: string }[];
}
