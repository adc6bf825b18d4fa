// Which two descriptors a service publishes under a consensus, and which of them clients read: the meeting of time periods
// and shared-random values. rend-spec-v3 §2.2.4, §2.3.1. Everything follows from the consensus; no clock is asked.
import type { Consensus } from '../netdoc/consensus.ts';
import { int8, sha3 } from './hashes.ts';
import { onionError } from './problem.ts';
import {
  readTimeRules,
  sharedRandomRunStartMs,
  type TimeOptions,
  type TimePeriod,
  type TimeRules,
  timePeriodAt,
  timePeriodNumbered,
} from './time-period.ts';

export type ScheduleConsensus = Pick<
  Consensus,
  'validAfterMs' | 'freshUntilMs' | 'params' | 'sharedRandPrevious' | 'sharedRandCurrent'
>;

/** One of the two descriptors. */
export interface DescriptorSlot {
  readonly period: TimePeriod;
  /** 32 bytes. */
  readonly sharedRandom: Uint8Array;
  /** The consensus had no value, so it was made from the period alone: everyone can predict the ring. */
  readonly isDisaster: boolean;
  /** Beginning of the shared-random run that the revision counter counts from. */
  readonly runStartMs: number;
  /** Clients of this consensus look for this one. */
  readonly isFetched: boolean;
}

export interface OnionSchedule {
  readonly rules: TimeRules;
  /** Between the change of the time period and the next shared-random value. */
  readonly isBetweenPeriodAndSharedRandom: boolean;
  /** Always under the previous shared-random value. */
  readonly first: DescriptorSlot;
  /** Always under the current one; it becomes the first when the next value comes. */
  readonly second: DescriptorSlot;
  /** The valid-after from which on `isFetched` passes from one slot to the other. */
  readonly nextPeriodMs: number;
  /** The valid-after from which on there is a new shared-random value, and the second slot is the first. */
  readonly nextSharedRandomMs: number;
}

/**
 * @throws TorError `onion-bad-consensus`
 */
export function planOnionSchedule(consensus: ScheduleConsensus, options: TimeOptions = {}): OnionSchedule {
  const rules = readTimeRules(consensus, options);
  const { validAfterMs } = consensus;
  const runStartMs = sharedRandomRunStartMs(rules, validAfterMs);
  const runMs = rules.runSeconds * 1000;
  const periodChangeMs = timePeriodAt(rules, runStartMs).endMs;
  const between = !(validAfterMs >= runStartMs && validAfterMs < periodChangeMs);
  const now = timePeriodAt(rules, validAfterMs);
  const firstPeriod = between ? timePeriodNumbered(rules, now.number - 1) : now;
  const secondPeriod = timePeriodNumbered(rules, firstPeriod.number + 1);
  return {
    rules,
    isBetweenPeriodAndSharedRandom: between,
    first: {
      period: firstPeriod,
      ...sharedRandomFor(consensus.sharedRandPrevious?.value, firstPeriod),
      runStartMs: runStartMs - runMs,
      isFetched: !between,
    },
    second: {
      period: secondPeriod,
      ...sharedRandomFor(consensus.sharedRandCurrent?.value, secondPeriod),
      runStartMs,
      isFetched: between,
    },
    nextPeriodMs: now.endMs,
    nextSharedRandomMs: runStartMs + runMs,
  };
}

/** What stands in for a shared-random value that the authorities could not agree on. @returns 32 bytes */
export function disasterSharedRandom({ number, lengthMinutes }: Pick<TimePeriod, 'number' | 'lengthMinutes'>) {
  return sha3('shared-random-disaster', int8(lengthMinutes), int8(number));
}

function sharedRandomFor(base64: string | undefined, period: TimePeriod) {
  if (base64 === undefined) return { sharedRandom: disasterSharedRandom(period), isDisaster: true };
  const sharedRandom = new Uint8Array(Buffer.from(base64, 'base64'));
  if (sharedRandom.length !== 32) throw onionError('bad-consensus', 'a shared-random value is not 32 bytes long');
  return { sharedRandom, isDisaster: false };
}
