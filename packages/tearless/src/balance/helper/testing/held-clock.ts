// A clock that stands still until a test moves it on, to the moment for which the code under test waits.
import type { Clock } from '../../../base/clock.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

export interface HeldClock extends Clock {
  /** Resolves when someone sleeps, with the milliseconds until the first one wakes. */
  sleeping(): Promise<number>;
  /** Lets so much time pass, and wakes those whose time has come. */
  pass(ms: number): void;
}

/** @param startMs milliseconds since 1970-01-01 UTC */
export const holdClock = (startMs: number): HeldClock => {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  const watchers: (() => void)[] = [];
  const first = (): number => Math.min(...[...sleepers].map(({ wakeMs }) => wakeMs)) - nowMs;
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancel = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper = {
          wakeMs: nowMs + ms,
          wake: () => {
            signal?.removeEventListener('abort', cancel);
            resolve();
          },
        };
        signal?.addEventListener('abort', cancel, { once: true });
        sleepers.add(sleeper);
        for (const watch of watchers.splice(0)) watch();
      }),
    sleeping: async () => {
      if (sleepers.size === 0) await new Promise<void>((resolve) => watchers.push(resolve));
      return first();
    },
    pass: (ms) => {
      nowMs += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.wakeMs > nowMs) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
};
