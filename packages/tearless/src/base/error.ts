// The closed list of error kinds, split by what the receiver can do, and the class that every area's errors extend.

/** What went wrong, told apart by what the one who receives it can do about it. The exit code follows from it. */
export type ErrorKind =
  | 'usage' // call the command differently
  | 'config' // mend the file at the position named
  | 'refused' // a gate, a policy or a stale plan said no: look, then decide
  | 'locked' // wait for the holder, or take over
  | 'unreachable' // the other end cannot be reached or refuses us: mend the way there
  | 'denied' // the other end answers, but not to us: mend the permission
  | 'partial' // some of several hosts failed
  | 'findings' // a check found what a person should look at
  | 'not-found' // name something that exists
  | 'failed' // the other end tried and failed: read its words
  | 'timeout' // try again or allow more time
  | 'protocol' // the other end said what we do not understand
  | 'interrupted' // a person stopped it
  | 'bug'; // impossible: report it

/** Where it went wrong. */
export type ErrorPlace = 'local' | 'host' | 'tor' | 'network' | 'config';

export interface ErrorDetails {
  readonly kind: ErrorKind;
  /** `area-problem`, stable between releases: `ssh-host-key-changed`. */
  readonly code: string;
  readonly message: string;
  readonly place?: ErrorPlace;
  /** What to do now, as a sentence or a command. */
  readonly hint?: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Where in the world: a host's name, a file's `path:line:column`. */
  readonly subject?: string;
}

/** Base of all errors that a person may see. One subclass an area, named after it. */
export class TearlessError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly place: ErrorPlace;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly subject: string | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.kind = details.kind;
    this.code = details.code;
    this.place = details.place ?? 'local';
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.subject = details.subject;
  }
}

/** For what cannot happen: thrown instead of going on with a broken assumption. */
export class Bug extends TearlessError {
  constructor(message: string, cause?: unknown) {
    super({ kind: 'bug', code: 'bug', message, hint: 'please report this with the command that led here', cause });
  }
}

/** An error of this product or of its Tor library, which carries the same fields. */
export interface DescribedError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint?: string | undefined;
  readonly subject?: string | undefined;
}

/** Tells errors that describe themselves from those that only have a message. */
export const isDescribedError = (error: unknown): error is DescribedError =>
  error instanceof Error && 'kind' in error && 'code' in error && typeof error.code === 'string' && 'place' in error;

/** The error's own message and those of its causes, outermost first. */
export const causeChain = (error: unknown): string[] => {
  const messages: string[] = [];
  for (
    let at: unknown = error;
    at !== undefined && messages.length < 16;
    at = at instanceof Error ? at.cause : undefined
  )
    messages.push(at instanceof Error ? at.message : String(at));
  return messages;
};
