// Time periods: how long a blinded key lives, and when the next begins. rend-spec-v3 §2.2.1 and, for the values in test
// networks, what C tor does (get_time_period_length, sr_state_get_protocol_run_duration): both hang on the voting interval.
import type { Consensus } from '../netdoc/consensus.ts';
import { onionError } from './problem.ts';

/** Of a shared-random protocol run: two phases of twelve rounds, one round a voting interval (srv-spec §2). */
const roundsPerPhase = 12;
const roundsPerRun = 24;

const defaultLengthMinutes = 1440;
const minLengthMinutes = 30;
const maxLengthMinutes = 14_400;

/** What of a consensus decides about times. */
export type ConsensusTimes = Pick<Consensus, 'validAfterMs' | 'freshUntilMs' | 'params'>;

export interface TimeOptions {
  /** Whether the network runs with `TestingTorNetwork 1`; the consensus does not tell. Default false. */
  readonly isTestNetwork?: boolean | undefined;
}

/** The lengths by which all times of onion services in one network are reckoned. */
export interface TimeRules {
  readonly votingIntervalSeconds: number;
  /** `hsdir_interval`; in a test network a shared-random run in whole minutes. */
  readonly periodMinutes: number;
  /** Periods begin so long after a multiple of their length: half a run, so that they change between the shared values. */
  readonly offsetSeconds: number;
  /** A whole shared-random run. */
  readonly runSeconds: number;
}

/** By these alone periods begin and end. */
export type PeriodRules = Pick<TimeRules, 'periodMinutes' | 'offsetSeconds'>;

export interface TimePeriod {
  readonly number: number;
  readonly lengthMinutes: number;
  readonly startMs: number;
  /** The next period begins. */
  readonly endMs: number;
}

/**
 * @throws TorError `onion-bad-consensus` when it was never fresh
 * @example
 * const params = new Map([['hsdir_interval', 1440]]);
 * const rules = readTimeRules({ validAfterMs: Date.UTC(2016, 3, 13, 11), freshUntilMs: Date.UTC(2016, 3, 13, 12), params });
 * timePeriodAt(rules, Date.UTC(2016, 3, 13, 11)).number; // 16903
 */
export function readTimeRules(consensus: ConsensusTimes, { isTestNetwork = false }: TimeOptions = {}): TimeRules {
  const votingIntervalSeconds = (consensus.freshUntilMs - consensus.validAfterMs) / 1000;
  if (!(votingIntervalSeconds > 0)) throw onionError('bad-consensus', 'the consensus is not fresh for any time');
  const runSeconds = roundsPerRun * votingIntervalSeconds;
  const asked = consensus.params.get('hsdir_interval') ?? defaultLengthMinutes;
  const periodMinutes = isTestNetwork
    ? Math.floor(runSeconds / 60)
    : Math.min(maxLengthMinutes, Math.max(minLengthMinutes, asked));
  if (periodMinutes < 1) throw onionError('bad-consensus', 'a shared-random run takes less than a minute');
  return { votingIntervalSeconds, periodMinutes, offsetSeconds: roundsPerPhase * votingIntervalSeconds, runSeconds };
}

/** The period at a moment: the valid-after of a consensus, not the time of a clock (rend-spec-v3 §2.2.4). */
export function timePeriodAt(rules: PeriodRules, timeMs: number): TimePeriod {
  // tor counts whole minutes, of the offset too.
  const minutes = Math.floor(timeMs / 60_000) - Math.floor(rules.offsetSeconds / 60);
  return timePeriodNumbered(rules, Math.floor(minutes / rules.periodMinutes));
}

export function timePeriodNumbered(rules: PeriodRules, number: number): TimePeriod {
  const lengthMs = rules.periodMinutes * 60_000;
  const startMs = number * lengthMs + rules.offsetSeconds * 1000;
  return { number, lengthMinutes: rules.periodMinutes, startMs, endMs: startMs + lengthMs };
}

/** When the shared-random run began in which a consensus became valid. */
export function sharedRandomRunStartMs(rules: TimeRules, validAfterMs: number): number {
  const intervalMs = rules.votingIntervalSeconds * 1000;
  return validAfterMs - (Math.floor(validAfterMs / intervalMs) % roundsPerRun) * intervalMs;
}
