// Time that passes, as opposed to the time of day: nobody sets it, and it goes on while the machine sleeps or the process is
// stopped (CLOCK_BOOTTIME, as /proc/uptime shows it). It means nothing on another machine.
import { readFileSync } from 'node:fs';
import { systemClock } from '../base/clock.ts';

export interface ElapsedClock {
  /** Milliseconds since some instant. */
  now(): number;
  /** Resolves after `ms` milliseconds, or later; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const readElapsedMs = (): number => {
  try {
    return Math.floor(Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000);
  } catch {
    return performance.now(); // no Linux: a clock that stands still while the machine sleeps is the best there is
  }
};

export const elapsedClock: ElapsedClock = { now: readElapsedMs, sleep: systemClock.sleep };
