// How long planning takes once the hosts have answered: from the text of the configuration, the facts of 50 hosts and a
// consensus to a plan that restarts 1,000 relays. Each time in a fresh process, as `tearless plan` runs.
import { join } from 'node:path';
import { run } from '@tearless/lab/base/run.ts';
import type { Benchmark } from './core/benchmark.ts';
import { withCompileCache } from './core/compile-cache.ts';
import { median, runInTurn } from './core/measure.ts';

const child = join(import.meta.dirname, 'plan/child.ts');

interface Parts {
  readonly config: number;
  readonly network: number;
  readonly plan: number;
}

export const benchmark: Benchmark = {
  summary: 'a plan for 1,000 relays on 50 hosts in a network of 8,000',
  run: ({ progress, signal }) =>
    withCompileCache(async (env) => {
      const once = async (): Promise<Parts> => JSON.parse(await run([process.execPath, child], { env, signal }));
      const { ours } = await runInTurn({ ours: once }, { rounds: 7 });
      const part = (name: keyof Parts): string => median(ours.map((parts) => parts[name])).toFixed(0);
      progress(`configuration ${part('config')} ms, consensus ${part('network')} ms, plan ${part('plan')} ms`);
      const totals = ours.map(({ config, network, plan }) => config + network + plan);
      return [{ name: 'plan', unit: 'ms', ours: median(totals), limit: 1000 }];
    }),
};
