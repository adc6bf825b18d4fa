// What goes wrong when a host is read: which fact, which line of its output, and what was expected there.
import { TearlessError } from '../base/error.ts';

export interface FactsErrorDetails {
  /** Name of the fact, as its section is called. */
  readonly fact: string;
  /** Line of the section's output, from 1. */
  readonly line?: number;
  readonly problem: string;
  readonly host?: string;
  readonly hint?: string;
  /** True where the host changed while it was read: reading it again may succeed. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

const defaultHint =
  "the output of a command on the host is not in a form that Tearless knows: please report it with the host's version";

/** A fact that cannot be had or not be understood. */
export class FactsError extends TearlessError {
  readonly fact: string;
  readonly line: number | undefined;
  readonly problem: string;

  constructor(details: FactsErrorDetails) {
    const { fact, line, problem, host } = details;
    super({
      kind: 'protocol',
      code: details.retryable === true ? 'facts-changed-while-read' : 'facts-unreadable',
      place: 'host',
      message: `fact ${fact}${host === undefined ? '' : ` of host ${host}`}${line === undefined ? '' : `, line ${line}`}: ${problem}`,
      hint:
        details.hint ?? (details.retryable === true ? 'the host changed while it was read: try again' : defaultHint),
      retryable: details.retryable ?? false,
      cause: details.cause,
      ...(host === undefined ? {} : { subject: host }),
    });
    this.fact = fact;
    this.line = line;
    this.problem = problem;
  }

  /** The same error with the host it happened on, and what the commands there said meanwhile. */
  at(host: string, said = ''): FactsError {
    return new FactsError({
      fact: this.fact,
      problem: said === '' ? this.problem : `${this.problem}\nThe host said:\n${said}`,
      host,
      retryable: this.retryable,
      ...(this.line === undefined ? {} : { line: this.line }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      cause: this.cause,
    });
  }
}
