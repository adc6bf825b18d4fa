// A worker's introduction points from the descriptor that it publishes itself: fetched from its directories, one after the
// other, the highest counter kept, every signature checked.
import type { Controller } from '@tearless/tor/control/controller.ts';
import { TorError } from '@tearless/tor/error.ts';
import type { Clock } from '../../base/clock.ts';
import { isDescribedError } from '../../base/error.ts';
import type { Random } from '../../stats/random/random.ts';
import { shuffle } from '../../stats/random/shuffle.ts';
import type { Turns } from '../circuits/turns.ts';
import type { Directory } from '../model/directory.ts';
import { fetchDescriptor } from './fetch-descriptor.ts';
import type { LearnMemory } from './learn-memory.ts';
import { decodeWorker, type Learnt } from './learnt.ts';
import { fetchedPeriod, listDirectories, type NetworkView } from './network-view.ts';

export interface LearnOptions {
  readonly controller: Controller;
  readonly view: NetworkView;
  /** With `.onion`. */
  readonly address: string;
  readonly known: Learnt | undefined;
  readonly clock: Clock;
  readonly memory: LearnMemory;
  readonly random: Random;
  /** Bounds the circuits of all frontends: each look at a directory takes a turn. */
  readonly turns: Turns;
  readonly signal: AbortSignal;
}

/** A descriptor that came and was not taken. */
export interface Refusal {
  /** Code of the error. */
  readonly reason: string;
  readonly why: string;
}

export interface LearnOutcome {
  /** Undefined when no directory had a good one. */
  readonly learnt: Learnt | undefined;
  /** Of each directory that did not help: why. */
  readonly problems: readonly string[];
  readonly refusals: readonly Refusal[];
}

/** So many directories are asked for one answer each; a second one tells a new descriptor from one that was left behind. */
const wantedAnswers = 2;

/** @throws TorError when the control connection is gone; what a directory or a worker does wrong is in the outcome */
export const learnWorker = async (options: LearnOptions): Promise<LearnOutcome> => {
  const { controller, view, address, known, clock, memory, random, turns, signal } = options;
  const period = fetchedPeriod(view);
  const { blindedKey } = memory.keysOf(address, period.slot.period);
  const problems: string[] = [];
  const refusals: Refusal[] = [];
  let learnt: Learnt | undefined;
  let answers = 0;
  for (const { fingerprint } of shuffleByReplica(listDirectories(period, blindedKey, view.sizes), random)) {
    const release = await turns.take('look', signal);
    try {
      const text = await fetchDescriptor(controller, { address, directory: fingerprint, signal });
      const newest = learnt ?? known;
      const found = decodeWorker(text, {
        address,
        periods: [period.slot.period],
        nowMs: clock.now(),
        memory,
        known: newest,
      });
      if (learnt === undefined || found.revisionCounter > learnt.revisionCounter) learnt = found;
      answers += 1;
      if (answers === wantedAnswers) break;
    } catch (error) {
      if (signal.aborted || isConnectionLost(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      problems.push(`${fingerprint.slice(0, 8)}: ${why}`);
      if (isDescribedError(error) && !isNoAnswer(error.code)) refusals.push({ reason: error.code, why });
    } finally {
      release();
    }
  }
  return { learnt, problems, refusals };
};

/** Nothing came that could be refused. */
const isNoAnswer = (code: string): boolean => code === 'balance-fetch-failed' || code.startsWith('control-');

/** True when it makes no sense to ask the same tor something else. */
export const isConnectionLost = (error: unknown): boolean =>
  error instanceof TorError && error.code === 'control-closed';

/** Those that clients ask, in random order, the replicas in turn. */
const shuffleByReplica = (directories: readonly Directory[], random: Random): Directory[] => {
  const seen = new Map<number, number>();
  return shuffle(
    directories.filter(({ isFetched }) => isFetched),
    random,
  )
    .map((directory) => {
      const replica = directory.replicas[0] ?? 0;
      const turn = seen.get(replica) ?? 0;
      seen.set(replica, turn + 1);
      return { directory, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ directory }) => directory);
};
