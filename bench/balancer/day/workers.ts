// The helpers beside half of the workers: what they say in the course of hours. The other half has none, and its descriptors
// are fetched from directories.
import type { HelperHeard, WorkerHelper } from 'tearless/balance/model/worker-helper.ts';
import type { Random } from 'tearless/stats/random/random.ts';
import type { Link } from './link.ts';
import type { SimClock } from './sim-clock.ts';

const minuteMs = 60_000;
/** tor makes a descriptor anew after so long. */
const renewMs: readonly [number, number] = [60 * minuteMs, 120 * minuteMs];
/** One in a hundred goes away each hour, for two minutes. */
const lostAnHour = 0.01;
const awayMs = 2 * minuteMs;

export interface Surroundings {
  readonly link: Link;
  readonly clock: SimClock;
  readonly random: Random;
}

/** @param firstWithinMs when it is heard of first */
export const playHelper = (
  address: string,
  { link, clock, random }: Surroundings,
  firstWithinMs: number,
): WorkerHelper => ({
  follow: async (hear: (heard: HelperHeard) => void, signal) => {
    const between = (least: number, most: number): number => least + (most - least) * random.uniform();
    const sleep = (ms: number): Promise<void> => clock.sleep(ms, signal);
    try {
      await sleep(between(0, firstWithinMs));
      for (;;) {
        hear({ kind: 'up', atMs: clock.now() });
        hear({ kind: 'descriptor', atMs: clock.now(), text: await link.ask({ ask: 'descriptor', address }) });
        const restMs = between(...renewMs);
        const isLost = random.uniform() < (lostAnHour * restMs) / (60 * minuteMs);
        if (isLost) {
          const beforeMs = between(0, restMs);
          await sleep(beforeMs);
          hear({ kind: 'down', atMs: clock.now(), why: 'its tor has ended' });
          await sleep(awayMs);
        } else await sleep(restMs);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
});
