// How long a person waits for the command line itself: `./tearless --version` and `--help`, from the launcher on, with the
// compile cache that earlier calls have filled.
import { join } from 'node:path';
import { run } from '@tearless/lab/base/run.ts';
import type { Benchmark } from './core/benchmark.ts';
import { withCompileCache } from './core/compile-cache.ts';
import { median, runInTurn, timeMs } from './core/measure.ts';

const launcher = join(import.meta.dirname, '../tearless');
const limitMs = 150;

export const benchmark: Benchmark = {
  summary: 'start of the command line, warm compile cache',
  run: ({ progress, signal }) =>
    withCompileCache(async (env) => {
      const start = (option: string) => () => timeMs(() => run([launcher, option], { env, signal }));
      const options = { version: start('--version'), help: start('--help') };
      const cold = await runInTurn(options, { rounds: 1, warmUps: 0 });
      const milliseconds = (samples: readonly number[]): string => `${median(samples).toFixed(0)} ms`;
      progress(`with an empty compile cache: version ${milliseconds(cold.version)}, help ${milliseconds(cold.help)}`);
      const { version, help } = await runInTurn(options, { rounds: 20 });
      return [
        { name: 'cli-start/version', unit: 'ms', ours: median(version), limit: limitMs },
        { name: 'cli-start/help', unit: 'ms', ours: median(help), limit: limitMs },
      ];
    }),
};
