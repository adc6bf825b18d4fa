// A balancer with a thousand services in a process of its own: what it takes of a processor and of memory.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@tearless/lab/base/run.ts';
import type { BenchmarkContext, Measurement } from '../core/benchmark.ts';
import { withCompileCache } from '../core/compile-cache.ts';
import type { DayResult } from './day/run.ts';
import type { World } from './day/world.ts';

const world: World = { frontends: 1000, workers: 10, relays: 8000 };
const cpuLimitSeconds = 300;
const memoryLimitBytes = 300e6;
const launcher = new URL('../../tearless', import.meta.url);

/** How the product's launcher starts a balancer: what it gives to Node, and to the system's allocator. */
const readLauncher = async (): Promise<{ readonly flags: readonly string[]; readonly env: NodeJS.ProcessEnv }> => {
  const text = await readFile(launcher, 'utf8');
  const [, flags] = /\*' balance run '\*\)[^;]*\blasting='([^']+)'/.exec(text) ?? [];
  const [, exported] = /\*' balance run '\*\)[^;]*\bexport (MALLOC_.*)/.exec(text) ?? [];
  if (flags === undefined || exported === undefined) throw new Error('the launcher does not say how a balancer runs');
  const env = Object.fromEntries(exported.split(' ').map((one) => one.split('=')));
  // What main.ts sets while it begins.
  return { flags: ['--no-maglev', ...flags.split(' ')], env };
};

export const runThousand = async (
  folder: string,
  { progress, signal }: BenchmarkContext,
): Promise<readonly Measurement[]> => {
  progress(`${world.frontends} services with ${world.workers} workers each: three simulated hours, some minutes`);
  const program = join(import.meta.dirname, 'day/run.ts');
  const { flags, env: own } = await readLauncher();
  const result = await withCompileCache(async (cache): Promise<DayResult> => {
    const live = async (of: World, storePath: string) =>
      JSON.parse(
        await run([process.execPath, ...flags, program, JSON.stringify({ ...of, storePath })], {
          env: { ...cache, ...own },
          signal,
        }),
      );
    // What the compiler of the sources needs is no part of a balancer: the cache is filled by a small one.
    await live({ frontends: 1, workers: 2, relays: 100 }, ':memory:');
    return live(world, join(folder, 'state.db'));
  });
  const { cpuSeconds, peakRssBytes, allServedSeconds, published, uploads, pointsInPlay } = result;
  progress(
    `${published} rounds, ${Object.values(uploads).reduce((sum, one) => sum + one, 0)} uploads, ${pointsInPlay} points in play`,
  );
  return [
    { name: 'balancer/thousand/cpu-per-hour', unit: 's', ours: Math.max(...cpuSeconds), limit: cpuLimitSeconds },
    { name: 'balancer/thousand/cold-start', unit: 's', ours: allServedSeconds },
    { name: 'balancer/thousand/memory', unit: '%', ours: (100 * peakRssBytes) / memoryLimitBytes, limit: 100 },
  ];
};
