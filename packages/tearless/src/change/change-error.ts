// What can go wrong with a change: plans, locks, journals, steps and gates.
import { causeChain, type ErrorKind, isDescribedError, TearlessError } from '../base/error.ts';

/** Codes: `change-*`. */
export class ChangeError extends TearlessError {}

/** An error as the journal keeps it and as events carry it. */
export interface Failure {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Messages of the causes, the nearest first. */
  readonly causes: readonly string[];
}

export const describeFailure = (error: unknown): Failure => {
  const [message = 'unknown', ...causes] = causeChain(error);
  if (!isDescribedError(error)) return { kind: 'bug', code: 'bug', message, causes };
  return {
    kind: error.kind,
    code: error.code,
    message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    causes,
  };
};

/** True when the other end could not be reached, so that nobody knows yet what happened there. */
export const isUnreachable = (error: unknown): boolean =>
  isDescribedError(error) && (error.kind === 'unreachable' || (error instanceof TearlessError && error.retryable));
