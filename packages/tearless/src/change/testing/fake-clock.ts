// A clock that moves only when someone sleeps on it: to the earliest sleeper, as soon as nothing else is ready to run.
import type { Clock } from '../../base/clock.ts';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** @param startMs milliseconds since 1970-01-01 UTC */
export const createFakeClock = (startMs = Date.UTC(2026, 2, 1)): Clock => {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  let scheduled = false;

  const advance = (): void => {
    scheduled = false;
    const [first] = [...sleepers].sort((a, b) => a.wakeMs - b.wakeMs);
    if (first === undefined) return;
    nowMs = Math.max(nowMs, first.wakeMs);
    sleepers.delete(first);
    first.wake();
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || sleepers.size === 0) return;
    scheduled = true;
    setImmediate(advance);
  };

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
        schedule();
      }),
  };
};
