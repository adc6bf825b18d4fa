// What can go wrong with a change: plans, locks, journals, steps and gates.
import { causeChain, type ErrorKind, isDescribedError, TearlessError } from '../base/error.ts';
import { HostError } from '../host/host-error.ts';

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
  /** The last lines of a remote command that failed, oldest first. */
  readonly lines?: readonly string[];
}

/** The remote words of the error or of the nearest cause that has any. */
const findLines = (error: unknown): readonly string[] => {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof HostError && at.lines.length > 0) return at.lines;
  return [];
};

export const describeFailure = (error: unknown): Failure => {
  const [message = 'unknown', ...causes] = causeChain(error);
  const lines = findLines(error);
  if (!isDescribedError(error)) return { kind: 'bug', code: 'bug', message, causes };
  return {
    kind: error.kind,
    code: error.code,
    message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    causes,
    ...(lines.length === 0 ? {} : { lines }),
  };
};

/** True when the other end could not be reached, so that nobody knows yet what happened there. */
export const isUnreachable = (error: unknown): boolean =>
  isDescribedError(error) && (error.kind === 'unreachable' || (error instanceof TearlessError && error.retryable));
