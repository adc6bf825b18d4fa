// A balancer with a thousand services in a process of its own: what it takes of a processor and of memory.
import { join } from 'node:path';
import { run } from '@tearless/lab/base/run.ts';
import type { BenchmarkContext, Measurement } from '../core/benchmark.ts';
import { withCompileCache } from '../core/compile-cache.ts';
import type { DayResult } from './day/run.ts';
import type { World } from './day/world.ts';

const world: World = { frontends: 1000, workers: 10, relays: 8000 };
const cpuLimitSeconds = 300;
const memoryLimitBytes = 300e6;
/** As the product's launcher has it. */
const flags = ['--no-maglev'];

export const runThousand = async (
  folder: string,
  { progress, signal }: BenchmarkContext,
): Promise<readonly Measurement[]> => {
  progress(`${world.frontends} services with ${world.workers} workers each: three simulated hours, some minutes`);
  const program = join(import.meta.dirname, 'day/run.ts');
  const result = await withCompileCache(async (env): Promise<DayResult> => {
    const live = async (of: World, storePath: string) =>
      JSON.parse(
        await run([process.execPath, ...flags, program, JSON.stringify({ ...of, storePath })], { env, signal }),
      );
    // What the compiler of the sources needs is no part of a balancer: the cache is filled by a small one.
    await live({ frontends: 1, workers: 2, relays: 100 }, ':memory:');
    return live(world, join(folder, 'state.db'));
  });
  const { cpuSeconds, peakRssBytes, published, uploads, pointsInPlay } = result;
  progress(
    `${published} rounds, ${Object.values(uploads).reduce((sum, one) => sum + one, 0)} uploads, ${pointsInPlay} points in play`,
  );
  return [
    { name: 'balancer/thousand/cpu-per-hour', unit: 's', ours: Math.max(...cpuSeconds), limit: cpuLimitSeconds },
    { name: 'balancer/thousand/memory', unit: '%', ours: (100 * peakRssBytes) / memoryLimitBytes, limit: 100 },
  ];
};
