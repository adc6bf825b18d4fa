// How many uploads may begin now: so many at once after a rest, then so many a second. Pure.

export interface BucketRules {
  readonly perSecond: number;
  readonly most: number;
}

export interface TokenBucket {
  /** May be below 0, when something did not wait. */
  readonly tokens: number;
  readonly atMs: number;
}

export const fullBucket = ({ most }: BucketRules, nowMs: number): TokenBucket => ({ tokens: most, atMs: nowMs });

/** A clock that was set back fills nothing, and takes nothing away. */
export const fillBucket = ({ tokens, atMs }: TokenBucket, { perSecond, most }: BucketRules, nowMs: number) => ({
  tokens: Math.min(most, tokens + (Math.max(0, nowMs - atMs) / 1000) * perSecond),
  atMs: nowMs,
});

/** Until there is a whole token; 0 when there is one. */
export const waitForToken = ({ tokens }: TokenBucket, { perSecond }: BucketRules): number =>
  tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000);

export const takeToken = (bucket: TokenBucket): TokenBucket => ({ ...bucket, tokens: bucket.tokens - 1 });
