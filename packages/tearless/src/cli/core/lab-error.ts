// Errors of the lab in the words of the command line: the lab stands apart and has kinds of its own.
import { LabError } from '@tearless/lab/base/lab-error.ts';
import type { ErrorKind } from '../../base/error.ts';
import { CliError } from './cli-error.ts';

const kinds: Readonly<Record<LabError['kind'], ErrorKind>> = {
  usage: 'usage',
  unavailable: 'refused',
  conflict: 'locked',
  failed: 'failed',
  timeout: 'timeout',
};

/** The same error as the command line shows it; anything else as it is. */
export const asCliError = (error: unknown): unknown =>
  error instanceof LabError
    ? new CliError({
        kind: kinds[error.kind],
        code: error.code,
        message: error.message,
        cause: error.cause,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    : error;
