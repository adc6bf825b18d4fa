// When samples are due: at whole multiples of the interval since 1970, so that a collector that is started anew keeps the same
// instants, and none drifts however long a collection takes.
import type { Clock } from '../../base/clock.ts';

/** The first instant after `nowMs` that is due. */
export const nextInstant = (nowMs: number, everyMs: number): number => (Math.floor(nowMs / everyMs) + 1) * everyMs;

/** How many instants that were due lie between the last one taken and the next, both left out. */
export const missedInstants = (lastMs: number, nextMs: number, everyMs: number): number =>
  Math.max(0, Math.round((nextMs - lastMs) / everyMs) - 1);

export interface RepeatOptions {
  readonly everyMs: number;
  readonly clock: Clock;
  /** Ends the waiting; a collection under way is finished. */
  readonly stop: AbortSignal;
  readonly work: (plannedMs: number) => Promise<void>;
  /** Instants that passed while one collection was still under way. */
  readonly onMissed: (count: number) => void;
}

/** Works now, then at every instant that is due, until it is stopped. What `work` throws ends it. */
export const repeatEvery = async ({ everyMs, clock, stop, work, onMissed }: RepeatOptions): Promise<void> => {
  const startedMs = clock.now();
  await work(startedMs);
  let lastMs = nextInstant(startedMs, everyMs) - everyMs;
  while (!stop.aborted) {
    const nextMs = nextInstant(clock.now(), everyMs);
    const missed = missedInstants(lastMs, nextMs, everyMs);
    if (missed > 0) onMissed(missed);
    try {
      // A sleep may end a little early. A clock that was set back by more than an interval must not make it long.
      for (let leftMs = nextMs - clock.now(); leftMs > 0 && leftMs <= everyMs; leftMs = nextMs - clock.now())
        await clock.sleep(leftMs, stop);
    } catch (error) {
      if (stop.aborted) return;
      throw error;
    }
    await work(nextMs);
    lastMs = nextMs;
  }
};
