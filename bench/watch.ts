// Whether watching a running experiment stays as honest as it says: how often experiments in which nothing differs are
// stopped when somebody looks every day, against looks that take 5 % each.
import { setImmediate } from 'node:timers/promises';
import {
  simulateWatching,
  type WatchedFleet,
} from '../packages/tearless/src/experiments/watch/testing/watched-fleet.ts';
import type { Benchmark } from './core/benchmark.ts';

const experiments = 4_000;
/** Percent: 5, and what so many experiments may show above it by chance (three standard errors). */
const mostStopped = 6;

/** Where most of the spread lasts, where both matter, and where every day is new: looks resemble one another less and less. */
const spreads = [
  { lastingSd: 0.05, dailySd: 0.02, dailyCorrelation: 0.5 },
  { lastingSd: 0.03, dailySd: 0.08, dailyCorrelation: 0.5 },
  { lastingSd: 0.001, dailySd: 0.1, dailyCorrelation: 0 },
];

export const benchmark: Benchmark = {
  summary: 'false stops of watched experiments, against looks at 5 % each',
  run: async ({ progress, signal }) => {
    let [worst, worstNaive] = [0, 0];
    for (const spread of spreads)
      for (const relaysPerArm of [7, 10, 14]) {
        const fleet: WatchedFleet = { ...spread, relaysPerArm, days: 20, effects: [1, 1] };
        const { spending, naive } = simulateWatching(fleet, experiments, `watch/${JSON.stringify(fleet)}`);
        const what = `${relaysPerArm} relays an arm, ${spread.lastingSd} lasting, ${spread.dailySd} from day to day`;
        progress(`${what}: ${(100 * spending).toFixed(1)} % stopped, ${(100 * naive).toFixed(1)} % at 5 % each`);
        worst = Math.max(worst, spending);
        worstNaive = Math.max(worstNaive, naive);
        await setImmediate();
        signal.throwIfAborted();
      }
    return [{ name: 'watch/false-stops', unit: '%', ours: 100 * worst, peer: 100 * worstNaive, limit: mostStopped }];
  },
};
