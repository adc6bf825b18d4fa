// How long a person waits for a report: import, audit and report of a published experiment (142 relays, 59 snapshots), each
// a call of the command line; and the report of ten million samples, with its memory and how it grows.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedFolder } from 'tearless/experiments/testing/memory-folder.ts';
import type { Benchmark, BenchmarkContext, Measurement } from './core/benchmark.ts';
import { withCompileCache } from './core/compile-cache.ts';
import { median } from './core/measure.ts';
import { tenMillion, writeGenerated } from './experiments/generate.ts';
import { callWatched } from './experiments/watched-command.ts';

const rounds = 5;
const gigabyte = 1e9;
/** Of the samples: what a tenth of them takes tells how the time grows. */
const fraction = 10;
/** An audit that finds something. */
const findings = 7;

interface Bench extends BenchmarkContext {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

const writePublished = async (directory: string): Promise<void> => {
  await mkdir(directory);
  const published = publishedFolder();
  for (const { name } of await published.list()) await writeFile(join(directory, name), published.open(name));
};

const measurePublished = async ({ folder, env, signal, progress }: Bench): Promise<Measurement> => {
  const data = join(folder, 'published');
  await writePublished(data);
  const totals: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const own = { env: { ...env, XDG_STATE_HOME: join(folder, `state-${round}`) }, signal };
    const imported = await callWatched(['experiment', 'import', data, '--name', 'published'], own);
    const audit = await callWatched(['experiment', 'audit', 'published'], { ...own, exitCodes: [findings] });
    const report = await callWatched(['experiment', 'report', 'published'], own);
    progress(
      `published: import ${imported.ms.toFixed(0)} ms, audit ${audit.ms.toFixed(0)} ms, report ${report.ms.toFixed(0)} ms`,
    );
    // The first round warms the compile cache.
    if (round > 0) totals.push((imported.ms + audit.ms + report.ms) / 1000);
  }
  return { name: 'experiment-report/published', unit: 's', ours: median(totals), limit: 2 };
};

const measureGenerated = async (samples: number, { folder, env, signal, progress }: Bench) => {
  const data = join(folder, `generated-${samples}`);
  const own = { env: { ...env, XDG_STATE_HOME: join(folder, `state-${samples}`) }, signal };
  progress(`making and importing ${samples} samples`);
  await writeGenerated(data, { ...tenMillion, samples }, signal);
  await callWatched(['experiment', 'import', data, '--name', 'generated'], own);
  await rm(data, { recursive: true });
  const report = () => callWatched(['experiment', 'report', 'generated'], own);
  const calls = [await report(), await report(), await report()];
  const peakBytes = Math.max(...calls.map((call) => call.peakBytes));
  const ms = median(calls.map((call) => call.ms));
  progress(`report of ${samples} samples: ${ms.toFixed(0)} ms, ${(peakBytes / 1e6).toFixed(0)} MB`);
  return { seconds: ms / 1000, peakBytes };
};

export const benchmark: Benchmark = {
  summary: 'import, audit and report of a published experiment; report of ten million samples',
  run: (context) =>
    withCompileCache(async (env) => {
      const folder = await mkdtemp(join(tmpdir(), 'tearless-bench-report-'));
      try {
        const bench: Bench = { ...context, folder, env };
        const published = await measurePublished(bench);
        const tenth = await measureGenerated(tenMillion.samples / fraction, bench);
        const whole = await measureGenerated(tenMillion.samples, bench);
        return [
          published,
          { name: 'experiment-report/ten-million', unit: 's', ours: whole.seconds, limit: 10 },
          // Of one gigabyte.
          {
            name: 'experiment-report/ten-million-memory',
            unit: '%',
            ours: (100 * whole.peakBytes) / gigabyte,
            limit: 100,
          },
          // Ten times the samples: 10 and a little is linear, and less because a start costs what it costs.
          {
            name: 'experiment-report/times-of-a-tenth',
            unit: 'count',
            ours: whole.seconds / tenth.seconds,
            limit: 1.3 * fraction,
          },
        ];
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
};
