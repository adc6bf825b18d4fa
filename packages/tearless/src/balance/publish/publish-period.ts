// One round for one period: a counter above all before, a descriptor for each directory, uploads that are tried again, and a
// look at what the directories then hold. Nothing here decides when a round is due.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import { decodeDescriptor } from '@tearless/tor/hsdesc/decode-descriptor.ts';
import { raiseCounter } from '@tearless/tor/onion/revision-counter.ts';
import type { DescriptorSlot } from '@tearless/tor/onion/schedule.ts';
import type { Clock } from '../../base/clock.ts';
import type { Limiter } from '../../host/limiter.ts';
import { BalanceError } from '../balance-error.ts';
import { fetchDescriptor } from '../learn/fetch-descriptor.ts';
import { isConnectionLost } from '../learn/learn-worker.ts';
import type { PeriodKeys } from '../model/frontend-keys.ts';
import { buildRound, type RoundContent } from './build-round.ts';
import { type UploadResult, uploadDescriptor } from './upload.ts';

/**
 * - `verified`: fetched back with this counter
 * - `uploaded`: the directory said so; the descriptor of a period that clients do not read yet cannot be fetched
 * - `failed`: it has no or an old one
 */
export interface DirectoryResult {
  readonly directory: string;
  readonly state: 'verified' | 'uploaded' | 'failed';
  readonly reason: string | null;
  readonly attempts: number;
}

export interface PublishOptions {
  readonly controller: Controller;
  /** Of the frontend, with `.onion`. */
  readonly address: string;
  readonly keys: PeriodKeys;
  readonly slot: DescriptorSlot;
  readonly content: RoundContent;
  /** The highest counter used with this key before; null for none. */
  readonly lastCounter: bigint | null;
  /** Goes on with a round that some directories missed: with its counter, to those in the content alone. */
  readonly again?: bigint | undefined;
  /** Called before a counter is used, so that it is never used again. */
  readonly noteCounter: (counter: bigint) => Promise<void>;
  /** Bounds the circuits that are built at once, for all frontends. */
  readonly circuits: Limiter;
  readonly clock: Clock;
  readonly randomBytes: (bytes: number) => Uint8Array;
  readonly signal: AbortSignal;
}

export interface PublishedRound {
  readonly revisionCounter: bigint;
  readonly results: readonly DirectoryResult[];
  /** Making and signing all descriptors, by the processor's clock. */
  readonly buildMs: number;
}

const attemptsInRound = 3;
const firstPauseMs = 1000;
/** A directory that refuses again and again for reasons of its own must not make us post for ever. */
const mostRaises = 3;
const hourMs = 3_600_000;

/** @throws TorError when the control connection is gone; the signal's reason when aborted */
export const publishPeriod = async (options: PublishOptions): Promise<PublishedRound> => {
  const { keys, slot, content, clock, noteCounter } = options;
  let last = options.lastCounter;
  for (let raises = 0; ; raises += 1) {
    const nowMs = clock.now();
    const isAgain = raises === 0 && options.again !== undefined;
    const revisionCounter = isAgain
      ? (options.again ?? 0n)
      : raiseCounter(keys.counters.at(nowMs, slot.runStartMs), last);
    await noteCounter(revisionCounter);
    const beganMs = performance.now();
    const texts = buildRound(keys, content, { nowMs, revisionCounter, random: options.randomBytes });
    const buildMs = performance.now() - beganMs;
    const uploads = await Promise.all(
      [...texts].map(async ([directory, text]): Promise<Upload> => {
        const upload = await uploadPatiently(options, directory, text);
        return { directory, isRepeated: isAgain || upload.attempts > 1, ...upload };
      }),
    );
    const rejecting = await findRefusals(options, revisionCounter, uploads);
    if (rejecting.size > 0 && raises < mostRaises) {
      const held = highestOf(rejecting.values());
      // Where nothing can be read, one that lies must not drive the counter on; that most lie is not likely.
      const isMost = rejecting.size > uploads.length / 2;
      const guess = isMost ? keys.counters.at(nowMs + hourMs * 4 ** raises, slot.runStartMs) : 0n;
      const above = held ?? guess;
      if (above > revisionCounter && canRaise(above)) {
        last = above;
        continue;
      }
    }
    const results = await Promise.all(
      uploads.map((upload) => judge(options, revisionCounter, upload, rejecting.has(upload.directory))),
    );
    return { revisionCounter, results, buildMs };
  }
};

interface Upload {
  readonly directory: string;
  readonly result: UploadResult;
  readonly attempts: number;
  /** An earlier attempt may have come through without our knowing. */
  readonly isRepeated: boolean;
}

/** The descriptor of a directory, if it is ours: nobody else can sign one. */
const readCounterAt = async (options: PublishOptions, directory: string): Promise<bigint> => {
  const { controller, address, keys, clock, circuits, signal } = options;
  const release = await circuits.acquire(signal);
  try {
    const text = await fetchDescriptor(controller, { address, directory, signal });
    return decodeDescriptor(text, { keys: keys.keys, nowMs: clock.now() }).revisionCounter;
  } finally {
    release();
  }
};

/**
 * The directories that refuse the round, with the counters that they hold; null where that cannot be read. One that refuses
 * because it has the very descriptor is none of them.
 */
const findRefusals = async (
  options: PublishOptions,
  revisionCounter: bigint,
  uploads: readonly Upload[],
): Promise<Map<string, bigint | null>> => {
  const refusals = new Map<string, bigint | null>();
  for (const { directory, result, isRepeated } of uploads) {
    if (result.kind !== 'rejected') continue;
    if (!options.slot.isFetched) {
      if (!isRepeated) refusals.set(directory, null);
      continue;
    }
    try {
      const held = await readCounterAt(options, directory);
      if (held !== revisionCounter) refusals.set(directory, held);
    } catch (error) {
      if (options.signal.aborted || isConnectionLost(error)) throw error;
      refusals.set(directory, null);
    }
  }
  return refusals;
};

const highestOf = (counters: Iterable<bigint | null>): bigint | null =>
  [...counters].reduce((most, one) => (one !== null && (most === null || one > most) ? one : most), null);

const canRaise = (counter: bigint): boolean => {
  try {
    return raiseCounter(0n, counter) > counter;
  } catch (error) {
    if (error instanceof TorError) return false;
    throw error;
  }
};

const uploadPatiently = async (
  options: PublishOptions,
  directory: string,
  text: string,
): Promise<{ readonly result: UploadResult; readonly attempts: number }> => {
  const { controller, address, circuits, clock, signal } = options;
  for (let attempts = 1; ; attempts += 1) {
    const release = await circuits.acquire(signal);
    let result: UploadResult;
    try {
      result = await uploadDescriptor(controller, { address, directory, text }, signal);
    } finally {
      release();
    }
    if (result.kind !== 'failed' || attempts === attemptsInRound) return { result, attempts };
    await clock.sleep(firstPauseMs * 2 ** (attempts - 1), signal);
  }
};

const judge = async (
  options: PublishOptions,
  revisionCounter: bigint,
  { directory, result, attempts }: Upload,
  isRefused: boolean,
): Promise<DirectoryResult> => {
  const outcome = (state: DirectoryResult['state'], reason: string | null) => ({ directory, state, reason, attempts });
  if (result.kind === 'failed') return outcome('failed', result.reason);
  if (isRefused) return outcome('failed', 'UPLOAD_REJECTED');
  if (!options.slot.isFetched) return outcome('uploaded', null);
  try {
    const held = await readCounterAt(options, directory);
    return held >= revisionCounter
      ? outcome('verified', null)
      : outcome('failed', `it still holds the counter ${held}, though it took ${revisionCounter}`);
  } catch (error) {
    if (options.signal.aborted || isConnectionLost(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    // What was not found or not decoded is not there; a circuit that broke says nothing of it.
    const isAbsent = error instanceof BalanceError && ['NOT_FOUND', 'BAD_DESC'].includes(error.subject ?? '');
    const isWrong = error instanceof TorError && error.code.startsWith('hsdesc-');
    return outcome(isAbsent || isWrong ? 'failed' : 'uploaded', reason);
  }
};
