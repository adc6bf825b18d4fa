// How long a worker's health waits for what.

export interface HealthRules {
  /** Without a prober nothing can answer: then the word of the helper or the descriptor is enough. */
  readonly isProbed: boolean;
  /** Probes through Tor fail now and then for reasons of the path: so many in a row count, while the worker says it is well. */
  readonly failuresThatCount: number;
  /** How long the last word of a helper counts after its connection is gone, if no probe fails meanwhile. */
  readonly lostHelperMs: number;
  /** How long the answer to a probe speaks for a worker whose helper is lost: some probes may be late. */
  readonly answerHoldsMs: number;
  /** Held back so long after the second time out; twice as long after each further one. */
  readonly firstHoldMs: number;
  readonly longestHoldMs: number;
  /** Times out that lie so far back from the next are forgotten. */
  readonly forgetMs: number;
}

export const defaultHealthRules: HealthRules = {
  isProbed: true,
  failuresThatCount: 2,
  lostHelperMs: 90_000,
  answerHoldsMs: 240_000,
  firstHoldMs: 30_000,
  longestHoldMs: 15 * 60_000,
  forgetMs: 60 * 60_000,
};
