// What a verdict says, and each thing that it is for.
import type { ReasonCode } from './reason-kinds.ts';

/**
 * - `code-only`: no type of anything that lives has changed
 * - `uses-reserve`: new members lie in space that was set aside, and what they begin with is declared
 * - `needs-rule`: it can be done when somebody says what no tool can know
 * - `refuse`: it cannot be done; a restart can
 */
export type VerdictKind = 'code-only' | 'uses-reserve' | 'needs-rule' | 'refuse';

export interface Reason {
  /** Stable. */
  readonly code: ReasonCode;
  /** The type, variable or function. */
  readonly subject: string;
  /** For people: what changed, why it matters, what would make it pass. */
  readonly detail: string;
  readonly weight: Exclude<VerdictKind, 'code-only'> | 'note';
  /** Of a type that stands in the way: how it is reached from the program's variables, or that this cannot be shown. */
  readonly reached?: string;
}

export interface Verdict {
  readonly verdict: VerdictKind;
  readonly reasons: readonly Reason[];
}
