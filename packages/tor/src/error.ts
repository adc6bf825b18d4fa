// The one error class of this package. Every parser, codec and client here throws TorError and
// nothing else for what comes from outside; any other throw is a bug of this package.

/**
 * What the receiver can do about it.
 *
 * | kind | meaning | what to do |
 * |---|---|---|
 * | `protocol` | what was received does not follow its specification | report it; asking again gives the same |
 * | `refused` | tor understood and said no, or the caller's value is not allowed | change the request |
 * | `denied` | authentication failed or is not possible | fix the credentials |
 * | `timeout` | no answer in the time given | ask again, or give it longer |
 * | `interrupted` | the caller gave up (AbortSignal) or closed | nothing |
 * | `unreachable` | the peer is not there or went away | connect again |
 * | `failed` | tor tried and could not | see the cause |
 */
export type TorErrorKind = 'protocol' | 'refused' | 'denied' | 'timeout' | 'interrupted' | 'unreachable' | 'failed';

/** Where it happened: in the tor process, on the Tor network, in a configuration text, or in this program. */
export type TorErrorPlace = 'tor' | 'network' | 'config' | 'local';

/** Stable, greppable name of the problem: `area-problem`. */
export type TorErrorCode = `${'control' | 'torrc' | 'netdoc' | 'onion' | 'hsdesc' | 'socks'}-${string}`;

export interface TorErrorOptions {
  kind: TorErrorKind;
  code: TorErrorCode;
  place: TorErrorPlace;
  /** What a person can do about it, one sentence. */
  hint?: string | undefined;
  cause?: unknown;
  /** Whether the same call may succeed later without any change. Default: only for `timeout` and `unreachable`. */
  retryable?: boolean | undefined;
  /** Line of the document or message at fault, from 1. */
  line?: number | undefined;
}

/**
 * @example
 * const error = new TorError('line 3: no nickname', { kind: 'protocol', code: 'netdoc-bad-line', place: 'network', line: 3 });
 * error.retryable; // false
 */
export class TorError extends Error {
  override readonly name: string = 'TorError';
  readonly kind: TorErrorKind;
  readonly code: TorErrorCode;
  readonly place: TorErrorPlace;
  readonly retryable: boolean;
  declare readonly hint?: string;
  declare readonly line?: number;

  constructor(message: string, options: TorErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = options.kind;
    this.code = options.code;
    this.place = options.place;
    this.retryable = options.retryable ?? (options.kind === 'timeout' || options.kind === 'unreachable');
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.line !== undefined) this.line = options.line;
  }
}
