// A clock that stands still until a test moves it on, to the moment for which the code under test waits.
import type { Clock } from '../../../base/clock.ts';
import { Sleepers } from '../../../base/testing/sleepers.ts';

export interface HeldClock extends Clock {
  /** Resolves when someone sleeps, with the milliseconds until the first one wakes. */
  sleeping(): Promise<number>;
  /** Lets so much time pass, and wakes those whose time has come. */
  pass(ms: number): void;
}

/** @param startMs milliseconds since 1970-01-01 UTC */
export const holdClock = (startMs: number): HeldClock => {
  let nowMs = startMs;
  const sleepers = new Sleepers();
  const watchers: (() => void)[] = [];
  return {
    now: () => nowMs,
    sleep: (ms, signal) => {
      const woken = sleepers.add(nowMs + ms, signal);
      for (const watch of watchers.splice(0)) watch();
      return woken;
    },
    sleeping: async () => {
      while (sleepers.firstMs === undefined) await new Promise<void>((resolve) => watchers.push(resolve));
      return sleepers.firstMs - nowMs;
    },
    pass: (ms) => {
      nowMs += ms;
      sleepers.wakeUntil(nowMs);
    },
  };
};
