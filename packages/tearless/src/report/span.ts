// A stretch of time. Milliseconds since 1970-01-01 UTC.

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}
