// Every exit code of the command line, and which kind of error ends with which.
import { type ErrorKind, isDescribedError } from '../../base/error.ts';

export const exitCodes = {
  /** Done, or nothing to do. */
  done: 0,
  error: 1,
  /** Changes are pending (with --detailed-exitcode). */
  pending: 2,
  someHostsFailed: 3,
  someHostsUnreachable: 4,
  /** A gate, a policy or a stale plan said no. */
  refused: 5,
  locked: 6,
  /** Doctor or audit found problems. */
  findings: 7,
  /** The command line or the configuration is wrong. */
  usage: 64,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byKind: Record<ErrorKind, ExitCode> = {
  usage: exitCodes.usage,
  config: exitCodes.usage,
  refused: exitCodes.refused,
  locked: exitCodes.locked,
  unreachable: exitCodes.someHostsUnreachable,
  denied: exitCodes.someHostsUnreachable,
  partial: exitCodes.someHostsFailed,
  findings: exitCodes.findings,
  'not-found': exitCodes.error,
  failed: exitCodes.error,
  timeout: exitCodes.error,
  protocol: exitCodes.error,
  interrupted: exitCodes.interrupted,
  bug: exitCodes.bug,
};

/** An error that does not describe itself is a bug of ours. */
export const exitCodeOf = (error: unknown): ExitCode => (isDescribedError(error) ? byKind[error.kind] : exitCodes.bug);
