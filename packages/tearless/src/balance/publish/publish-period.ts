// One round for one period: a counter above all before, a descriptor for each directory, uploads that are tried again, and a
// look at what the directories then hold. Nothing here decides when a round is due.
import { TorError } from '@tearless/tor/error.ts';
import { raiseCounter } from '@tearless/tor/onion/revision-counter.ts';
import type { DescriptorSlot } from '@tearless/tor/onion/schedule.ts';
import { BalanceError } from '../balance-error.ts';
import { isConnectionLost } from '../learn/learn-worker.ts';
import type { PeriodKeys } from '../model/frontend-keys.ts';
import { type BuildOptions, buildRound } from './build-round.ts';
import type { RoundContent } from './content.ts';
import { readCounterAt } from './held-counter.ts';
import { orSuperseded, type Post, type PostOptions } from './post.ts';
import { postAll } from './post-all.ts';

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

export interface PublishOptions extends PostOptions {
  readonly keys: PeriodKeys;
  readonly slot: DescriptorSlot;
  readonly content: RoundContent;
  /** The highest counter used with this key before; null for none. */
  readonly lastCounter: bigint | null;
  /** Goes on with a round that some directories missed: with its counter, to those in the content alone. */
  readonly again?: bigint | undefined;
  /** Called before a counter is used, so that it is never used again. */
  readonly noteCounter: (counter: bigint) => Promise<void>;
  readonly randomBytes: (bytes: number) => Uint8Array;
}

export interface PublishedRound {
  readonly revisionCounter: bigint;
  readonly results: readonly DirectoryResult[];
  /** Making and signing all descriptors, by the processor's clock. */
  readonly buildMs: number;
}

/** A directory that refuses again and again for reasons of its own must not make us post for ever. */
const mostRaises = 3;
const hourMs = 3_600_000;

/**
 * @throws TorError when the control connection is gone, or for content that makes no legal descriptor; the signal's reason
 *   when aborted
 */
export const publishPeriod = async (options: PublishOptions): Promise<PublishedRound> => {
  const { keys, slot, clock, noteCounter } = options;
  let last = options.lastCounter;
  for (let raises = 0; ; raises += 1) {
    const nowMs = clock.now();
    const isAgain = raises === 0 && options.again !== undefined;
    const revisionCounter = isAgain
      ? (options.again ?? 0n)
      : raiseCounter(keys.counters.at(nowMs, slot.runStartMs), last);
    await noteCounter(revisionCounter);
    const { posts, buildMs } = await send(options, { nowMs, revisionCounter, random: options.randomBytes });
    const uploads = posts.map((post): Upload => ({ ...post, isRepeated: isAgain || post.attempts > 1 }));
    const rejecting = await findRefusals(options, revisionCounter, uploads);
    const isWanted = !options.superseded.aborted && options.mayPublish();
    if (rejecting.size > 0 && raises < mostRaises && isWanted) {
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

/** A function of its own: the descriptors, a third of a megabyte, are gone when directories are asked what they hold. */
const send = async (
  options: PublishOptions,
  build: BuildOptions,
): Promise<{ readonly posts: readonly Post[]; readonly buildMs: number }> => {
  const beganMs = performance.now();
  const texts = buildRound(options.keys, options.content, build);
  const buildMs = performance.now() - beganMs;
  return { posts: await postAll(options, texts), buildMs };
};

interface Upload extends Post {
  /** An earlier attempt may have come through without our knowing. */
  readonly isRepeated: boolean;
}

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
      const held = await orSuperseded(readCounterAt(options, directory), options.superseded, null);
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
    const held = await orSuperseded(readCounterAt(options, directory), options.superseded, null);
    if (held === null) return outcome('uploaded', null);
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
