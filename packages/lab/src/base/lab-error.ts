// The one error class of the lab. Its kinds say what the receiver can do; the command line maps them to exit codes.

/**
 * - `usage`: the caller asked for something that cannot be (a bad name, an unknown host)
 * - `unavailable`: this machine cannot do it (no root, a missing package); `hint` says what to install
 * - `conflict`: something else holds what is needed (the lab already runs)
 * - `failed`: a command or a process failed; its last lines are in the message
 * - `timeout`: a state was waited for and did not come
 */
export type LabErrorKind = 'usage' | 'unavailable' | 'conflict' | 'failed' | 'timeout';

export type LabErrorOptions = {
  kind: LabErrorKind;
  hint?: string;
  cause?: unknown;
};

export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: string;
  readonly kind: LabErrorKind;
  readonly hint: string | undefined;
  readonly where = 'local';

  /** @param code stable, `area-problem`, for example `lab-host-not-running` */
  constructor(code: string, message: string, options: LabErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = options.kind;
    this.hint = options.hint;
  }

  get retryable(): boolean {
    return this.kind === 'timeout' || this.kind === 'conflict';
  }
}

/** True for an error of the system (`readFile`, `spawn`, …) with one of the codes given. */
export const isSystemError = (error: unknown, ...codes: string[]): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
