// A clock that moves only when someone sleeps on it: to the earliest sleeper, as soon as nothing else is ready to run.
import type { Clock } from '../../base/clock.ts';
import { Sleepers } from '../../base/testing/sleepers.ts';

/** @param startMs milliseconds since 1970-01-01 UTC */
export const createFakeClock = (startMs = Date.UTC(2026, 2, 1)): Clock => {
  let nowMs = startMs;
  const sleepers = new Sleepers();
  let scheduled = false;

  const advance = (): void => {
    scheduled = false;
    nowMs = Math.max(nowMs, sleepers.firstMs ?? nowMs);
    sleepers.wakeFirst();
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || sleepers.count === 0) return;
    scheduled = true;
    setImmediate(advance);
  };

  return {
    now: () => nowMs,
    sleep: (ms, signal) => {
      const woken = sleepers.add(nowMs + ms, signal);
      schedule();
      return woken;
    },
  };
};
