// What can go wrong between us and a machine. Every method of Host throws these; the code says which, the hint what to do.
import { type ErrorDetails, TearlessError } from '../base/error.ts';

export interface HostErrorDetails extends ErrorDetails {
  /** Exit status of the remote command, where one ran to its end. */
  readonly exitCode?: number;
  /** The last lines that the remote command said, oldest first. */
  readonly lines?: readonly string[];
  /** What it wrote to standard output before it failed, for verbs that answer with a refusal. */
  readonly stdout?: Uint8Array;
}

/** A machine could not be reached, refused, or failed at what it was asked. */
export class HostError extends TearlessError {
  readonly exitCode: number | undefined;
  readonly lines: readonly string[];
  readonly stdout: Uint8Array;

  constructor(details: HostErrorDetails) {
    super({ place: 'host', ...details });
    this.exitCode = details.exitCode;
    this.lines = details.lines ?? [];
    this.stdout = details.stdout ?? new Uint8Array();
  }
}

/** How many lines of a failed remote command an error keeps. */
export const keptLines = 20;

/** The last lines of a text, without blank ones at its end; carriage returns and control characters removed. */
export const lastLines = (text: string, count = keptLines): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/(?!\t)\p{Cc}/gu, ''))
    .filter((line, index, lines) => line !== '' || (index > 0 && index < lines.length - 1))
    .slice(-count);

/** The caller's signal was aborted. */
export const interruptedError = (host: string, what: string, cause: unknown): HostError =>
  new HostError({
    kind: 'interrupted',
    code: 'host-interrupted',
    message: `${host}: ${what} was interrupted`,
    subject: host,
    cause,
  });

/** The host was closed while something ran. */
export const closedError = (host: string): HostError =>
  new HostError({
    kind: 'interrupted',
    code: 'host-closed',
    message: `${host}: its connection was closed`,
    subject: host,
  });

/** The call took longer than it was given. */
export const timeoutError = (host: string, what: string, timeoutMs: number, said: string): HostError =>
  new HostError({
    kind: 'timeout',
    code: 'host-timeout',
    message: `${host}: ${what} did not end within ${timeoutMs} ms`,
    hint: 'it may still be running there; look before trying again',
    retryable: true,
    subject: host,
    lines: lastLines(said),
  });
