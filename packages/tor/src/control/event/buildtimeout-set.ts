// BUILDTIMEOUT_SET: how long tor waits for a circuit to be built. control-spec §4.1.16.
import { parseArguments } from '../arguments.ts';
import { optional, parseCount, parseDecimal } from '../value.ts';
import type { RawEvent } from './raw-event.ts';

export interface BuildTimeoutSetEvent {
  readonly type: 'BUILDTIMEOUT_SET';
  readonly change: 'COMPUTED' | 'RESET' | 'SUSPENDED' | 'DISCARD' | 'RESUME' | (string & {});
  /** How many build times it was computed from. */
  readonly totalTimes: number | undefined;
  readonly timeoutMs: number | undefined;
  /** Parameters of the Pareto distribution. */
  readonly xmMs: number | undefined;
  readonly alpha: number | undefined;
  readonly cutoffQuantile: number | undefined;
  /** Share of circuits that time out, 0 to 1. */
  readonly timeoutRate: number | undefined;
  readonly closeMs: number | undefined;
  readonly closeRate: number | undefined;
}

// 650 BUILDTIMEOUT_SET COMPUTED TOTAL_TIMES=104 TIMEOUT_MS=73 XM=55 ALPHA=5.444677 CUTOFF_QUANTILE=0.800000
//     TIMEOUT_RATE=0.000000 CLOSE_MS=60000 CLOSE_RATE=0.000000                                      (one line)
export function parseBuildTimeoutSet({ text }: RawEvent<'BUILDTIMEOUT_SET'>): BuildTimeoutSetEvent {
  const { positional, keywords } = parseArguments(text, 1);
  const count = (name: string) => optional(keywords.get(name), (value) => parseCount(value, name));
  const decimal = (name: string) => optional(keywords.get(name), (value) => parseDecimal(value, name));
  return {
    type: 'BUILDTIMEOUT_SET',
    change: positional[0] ?? '',
    totalTimes: count('TOTAL_TIMES'),
    timeoutMs: count('TIMEOUT_MS'),
    xmMs: count('XM'),
    alpha: decimal('ALPHA'),
    cutoffQuantile: decimal('CUTOFF_QUANTILE'),
    timeoutRate: decimal('TIMEOUT_RATE'),
    closeMs: count('CLOSE_MS'),
    closeRate: decimal('CLOSE_RATE'),
  };
}
