// How long ten million samples take from a CSV file into the store, with the memory that it takes and how it grows. The peer
// is the import of SQLite's own shell: it keeps every field as text and checks nothing but the count of fields.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@tearless/lab/base/run.ts';
import type { Benchmark, BenchmarkContext } from './core/benchmark.ts';
import { withCompileCache } from './core/compile-cache.ts';
import { median, timeMs } from './core/measure.ts';
import { tenMillion, writeGenerated } from './experiments/generate.ts';
import { callWatched } from './experiments/watched-command.ts';

const gigabyte = 1e9;
const rowsPerSecond = 300_000;
/** Of the samples: what a tenth of them takes tells how the time grows. */
const fraction = 10;
const rounds = 3;

interface Bench extends BenchmarkContext {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

const hasSqlite = (): boolean => spawnSync('sqlite3', ['-version']).status === 0;

const importByPeer = (data: string, database: string, signal: AbortSignal): Promise<number> =>
  timeMs(() =>
    run(['sqlite3', database, '.mode csv', `.import ${join(data, 'memory_measurements.csv')} samples`], { signal }),
  );

const measure = async (samples: number, { folder, env, signal, progress }: Bench) => {
  const data = join(folder, `generated-${samples}`);
  progress(`making ${samples} samples`);
  await writeGenerated(data, { ...tenMillion, samples }, signal);
  const ours: number[] = [];
  const peer: number[] = [];
  let peakBytes = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const state = join(folder, 'state');
    const call = await callWatched(['experiment', 'import', data], {
      env: { ...env, XDG_STATE_HOME: state },
      signal,
    });
    await rm(state, { recursive: true });
    ours.push(call.ms);
    peakBytes = Math.max(peakBytes, call.peakBytes);
    if (samples === tenMillion.samples && hasSqlite()) {
      const database = join(folder, 'peer.db');
      peer.push(await importByPeer(data, database, signal));
      await rm(database);
    }
    progress(
      `${samples} samples: ${call.ms.toFixed(0)} ms, ${Math.round((1000 * samples) / call.ms)} a second, ${(call.peakBytes / 1e6).toFixed(0)} MB${peer.length === 0 ? '' : `; sqlite3 ${peer.at(-1)?.toFixed(0)} ms`}`,
    );
  }
  await rm(data, { recursive: true });
  return { ours: median(ours) / 1000, peer: peer.length === 0 ? undefined : median(peer) / 1000, peakBytes };
};

export const benchmark: Benchmark = {
  summary: 'ten million samples from CSV into the store, and by the shell of SQLite',
  run: (context) =>
    withCompileCache(async (env) => {
      const folder = await mkdtemp(join(tmpdir(), 'tearless-bench-import-'));
      try {
        const bench: Bench = { ...context, folder, env };
        const tenth = await measure(tenMillion.samples / fraction, bench);
        const { ours, peer, peakBytes } = await measure(tenMillion.samples, bench);
        return [
          {
            name: 'experiment-import/ten-million',
            unit: 's',
            ours,
            ...(peer === undefined ? {} : { peer }),
            limit: Math.floor(tenMillion.samples / rowsPerSecond),
          },
          // Of one gigabyte.
          { name: 'experiment-import/memory', unit: '%', ours: (100 * peakBytes) / gigabyte, limit: 100 },
          // Ten times the samples: 10 and a little is linear, and less because a start costs what it costs.
          { name: 'experiment-import/times-of-a-tenth', unit: 'count', ours: ours / tenth.ours, limit: 1.3 * fraction },
        ];
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
};
