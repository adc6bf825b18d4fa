// Errors of the command line itself: called wrongly, or answered with no.
import { type ErrorDetails, TearlessError } from '../../base/error.ts';

export class CliError extends TearlessError {}

/** @param hint what to type instead */
export const usageError = (message: string, hint: string): CliError =>
  new CliError({ kind: 'usage', code: 'cli-usage', message, hint });

export const refusal = (details: Omit<ErrorDetails, 'kind'>): CliError => new CliError({ kind: 'refused', ...details });

/** What an abort became on its way up, said as what it is. An error that already says so stays. */
export const interruption = (error: unknown): TearlessError =>
  error instanceof TearlessError && error.kind === 'interrupted'
    ? error
    : new CliError({
        kind: 'interrupted',
        code: 'cli-interrupted',
        message: 'interrupted',
        hint: "'tearless run ls' shows what is unfinished and how to go on",
        cause: error,
      });
