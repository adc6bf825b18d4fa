// A descriptor to its directory, with patience: in its turn, tried again, and given up as soon as a newer round is to take its
// place, this balancer no longer leads or the others have waited for it long enough. What was sent is always waited for before
// the same directory gets something else, because `UPLOADED` names no descriptor.
import type { Controller } from '@tearless/tor/control/controller.ts';
import type { Clock } from '../../base/clock.ts';
import type { Turns, Urgency } from '../circuits/turns.ts';
import { type UploadResult, uploadDescriptor } from './upload.ts';

export interface PostOptions {
  readonly controller: Controller;
  /** Of the frontend, with `.onion`. */
  readonly address: string;
  readonly turns: Turns;
  readonly urgency: Urgency;
  /** Uploads of this address that have not ended, by directory. */
  readonly underWay: Map<string, Promise<void>>;
  /** A newer round waits: what has not begun does not begin, what is under way is not waited for. */
  readonly superseded: AbortSignal;
  /** Asked before each upload: whether this balancer leads. */
  readonly mayPublish: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Post {
  readonly directory: string;
  readonly result: UploadResult;
  /** 0: it did not come to it. */
  readonly attempts: number;
}

const attemptsInRound = 3;
const firstPauseMs = 1000;
/** A directory that takes so long to fail is left to the back-off: nobody waits for three times that. */
const longMs = 10_000;

const superseded: UploadResult = { kind: 'failed', reason: 'a newer round took its place' };
const notLeading: UploadResult = { kind: 'failed', reason: 'this balancer does not lead any more' };
const unanswered: UploadResult = { kind: 'failed', reason: 'it has not answered yet' };
const unsent: UploadResult = { kind: 'failed', reason: 'it has not answered an earlier upload yet' };

/**
 * @param late fires when the round goes on without the directory; what was sent may still arrive
 * @throws TorError when the control connection is gone; the signal's reason when aborted
 */
export const postPatiently = async (
  options: PostOptions,
  { directory, text, late }: { readonly directory: string; readonly text: string; readonly late: AbortSignal },
): Promise<Post> => {
  const { clock, signal } = options;
  let sent = 0;
  let sentMs = 0;
  const attempt = async (): Promise<UploadResult> => {
    const before = options.underWay.get(directory);
    if (before !== undefined) await before;
    const release = await options.turns.take(options.urgency, signal);
    try {
      if (options.superseded.aborted) return superseded;
      if (late.aborted) return unsent;
      if (!options.mayPublish()) return notLeading;
      sent += 1;
      sentMs = clock.now();
      return await uploadDescriptor(options.controller, { address: options.address, directory, text }, signal);
    } finally {
      release();
    }
  };
  for (;;) {
    const running = attempt();
    const ended = running.then(
      () => {},
      () => {},
    );
    options.underWay.set(directory, ended);
    void ended.then(() => {
      if (options.underWay.get(directory) === ended) options.underWay.delete(directory);
    });
    const inTime: UploadResult = await orSuperseded(
      orSuperseded(running, options.superseded, superseded),
      late,
      unanswered,
    );
    const result: UploadResult = inTime === unanswered && sent === 0 ? unsent : inTime;
    const isFinal = result.kind !== 'failed' || result === superseded || result === notLeading || late.aborted;
    if (isFinal || sent >= attemptsInRound || clock.now() - sentMs >= longMs)
      return { directory, result, attempts: sent };
    const pause = clock.sleep(firstPauseMs * 2 ** (sent - 1), signal);
    await orSuperseded(orSuperseded(pause, options.superseded, undefined), late, undefined);
  }
};

/** What comes first. */
export const orSuperseded = async <T>(running: Promise<T>, signal: AbortSignal, otherwise: T): Promise<T> => {
  let stop = (): void => {};
  const fired = new Promise<T>((resolve) => {
    stop = () => resolve(otherwise);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([running, fired]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
};
