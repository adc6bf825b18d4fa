// A named check and what came of it: what `host check` and `doctor` are made of.
import type { JsonObject } from '../../base/json.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/** `note`: worth knowing, nothing to mend. `skipped`: something before it was in the way. */
export type Outcome = 'ok' | 'note' | 'problem' | 'skipped';

export interface Check {
  /** `helper`, `clock`, `configuration`. */
  readonly name: string;
  /** What was looked at: a host, a relay, a file; empty for this machine. */
  readonly subject: string;
  readonly outcome: Outcome;
  /** `area-problem`, stable; for problems and notes. */
  readonly code?: string;
  readonly message: string;
  /** The command or act that mends it. */
  readonly hint?: string;
  /** True where the way to a host is in the way: the exit code tells it apart. */
  readonly unreachable?: boolean;
}

export const passed = (name: string, subject: string, message: string): Check => ({
  name,
  subject,
  outcome: 'ok',
  message,
});

export const found = (
  outcome: 'problem' | 'note',
  name: string,
  subject: string,
  { code, message, hint }: { readonly code: string; readonly message: string; readonly hint?: string | undefined },
): Check => ({ name, subject, outcome, code, message, ...(hint === undefined ? {} : { hint }) });

/** 4 when the way to a host is in the way, 7 for other problems, else 0. */
export const exitCodeOfChecks = (checks: readonly Check[]): ExitCode => {
  if (checks.some(({ unreachable }) => unreachable === true)) return exitCodes.someHostsUnreachable;
  return checks.some(({ outcome }) => outcome === 'problem') ? exitCodes.findings : exitCodes.done;
};

/** For --json. */
export const describeChecks = (checks: readonly Check[]): JsonObject[] =>
  checks.map(({ name, subject, outcome, code, message, hint }) => ({
    name,
    subject,
    outcome,
    code: code ?? null,
    message,
    hint: hint ?? null,
  }));
