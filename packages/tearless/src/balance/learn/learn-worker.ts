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
/** One that lets others wait for longer is asked beside the next, and gives its turn to them: it may be gone. */
const patienceMs = 5_000;

/** @throws TorError when the control connection is gone; what a directory or a worker does wrong is in the outcome */
export const learnWorker = async (options: LearnOptions): Promise<LearnOutcome> => {
  const { known, turns, clock, memory, signal } = options;
  const problems = new Map<string, string>();
  const refusals: Refusal[] = [];
  let learnt: Learnt | undefined;
  let answers = 0;
  const hanging = new Map<string, Promise<void>>();
  const ask = async (directory: string): Promise<void> => {
    const asked = await askDirectory(options, directory, learnt ?? known);
    hanging.delete(directory);
    if ('found' in asked) {
      if (learnt === undefined || asked.found.revisionCounter > learnt.revisionCounter) learnt = asked.found;
      problems.delete(directory);
      answers += 1;
    } else {
      problems.set(directory, asked.why);
      if (asked.reason !== null) refusals.push({ reason: asked.reason, why: asked.why });
    }
  };
  // Whom to ask is found out when its turn has come: thousands wait at once.
  let waiting: string[] | undefined;
  do {
    const release = await turns.take(waiting === undefined ? 'look' : 'check', signal);
    try {
      waiting ??= listInOrder(options);
      const directory = waiting.shift();
      if (directory === undefined) break;
      const asking = ask(directory);
      hanging.set(directory, asking);
      if (await lastsLonger(asking, clock, patienceMs)) {
        memory.noteSlow(directory, clock.now());
        problems.set(directory, `no answer within ${patienceMs / 1000} s`);
      }
    } finally {
      release();
    }
  } while (waiting.length > 0 && answers < wantedAnswers);
  while (answers === 0 && hanging.size > 0) await Promise.race(hanging.values());
  return {
    learnt,
    problems: [...problems].map(([directory, why]) => `${directory.slice(0, 8)}: ${why}`),
    refusals,
  };
};

/** Whether it takes longer. @throws what it throws until then; what it throws later is nobody's business */
const lastsLonger = async (task: Promise<void>, clock: Clock, ms: number): Promise<boolean> => {
  task.catch(() => {});
  const ended = new AbortController();
  const time = clock.sleep(ms, ended.signal).then(
    () => true,
    () => false, // it ended before
  );
  try {
    return await Promise.race([task.then(() => false), time]);
  } finally {
    ended.abort();
  }
};

/** Fingerprints of the directories that clients ask, in random order, the replicas in turn; slow ones last. */
const listInOrder = ({ view, address, memory, random, clock }: LearnOptions): string[] => {
  const period = fetchedPeriod(view);
  const { blindedKey } = memory.keysOf(address, period.slot.period);
  const all = shuffleByReplica(listDirectories(period, blindedKey, view.sizes), random).map(
    ({ fingerprint }) => fingerprint,
  );
  const isSlow = (fingerprint: string): boolean => memory.isSlow(fingerprint, clock.now());
  return [...all.filter((one) => !isSlow(one)), ...all.filter(isSlow)];
};

/** `reason`: code of the error, where something came that was not taken. */
type Asked = { readonly found: Learnt } | { readonly why: string; readonly reason: string | null };

/** A function of its own, so that the text is not kept while the next directory is waited for. */
const askDirectory = async (
  { controller, view, address, clock, memory, signal }: LearnOptions,
  directory: string,
  known: Learnt | undefined,
): Promise<Asked> => {
  try {
    const text = await fetchDescriptor(controller, { address, directory, signal });
    const periods = [fetchedPeriod(view).slot.period];
    return { found: decodeWorker(text, { address, periods, nowMs: clock.now(), memory, known }) };
  } catch (error) {
    if (signal.aborted || isConnectionLost(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return { why, reason: isDescribedError(error) && !isNoAnswer(error.code) ? error.code : null };
  }
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
