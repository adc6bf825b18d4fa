// What a live update of an exit relay costs, beside an ordinary restart of the same relay in the same run: verdict, bundle, pause,
// throughput, circuits.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '@tearless/lab/base/run.ts';
import { type HeldNetwork, startHeldNetwork } from '@tearless/lab/traffic/held-network.ts';
import { quantileOf, renderPauses } from 'tearless/live/streak/pauses.ts';
import { Streak } from 'tearless/live/streak/streak.ts';
import { ensureBuilds } from 'tearless/live/testing/ensure-builds.ts';
import { successorEdits } from 'tearless/live/testing/successors/successors.ts';
import { LoneTor } from '../test/integration/live/lone-tor.ts';
import { compileMeans, loadBuild, type Means, noInjection, patience } from '../test/integration/live/means.ts';
import type { Benchmark, BenchmarkContext, Measurement } from './core/benchmark.ts';
import { median } from './core/measure.ts';
import { openMeter } from './live/throughput.ts';

const child = join(import.meta.dirname, 'live/child.ts');
const rounds = 3;
const transitions = 100;
const circuits = 20;
const mostBytes = 500e6;
const bulk = { streams: 4, blockBytes: 16 * 1024, everyMs: 10 };
const calmMs = 5000;

interface Taken {
  readonly ms: number;
  readonly peakBytes: number;
}

const takeApart = async (directories: readonly string[], signal: AbortSignal): Promise<Measurement[]> => {
  const [former = '', next = ''] = directories;
  await using lone = await LoneTor.start(`${former}/tor`);
  const once = async (...words: string[]): Promise<Taken> =>
    JSON.parse(await run([process.execPath, '--no-maglev', child, ...words], { signal }));
  const taken: { verdict: Taken[]; bundle: Taken[] } = { verdict: [], bundle: [] };
  for (let round = 0; round < rounds; round++) {
    taken.verdict.push(await once('verdict', former, next));
    taken.bundle.push(await once('bundle', former, next, `${lone.pid}`));
  }
  const seconds = (one: readonly Taken[]): number => median(one.map(({ ms }) => ms)) / 1000;
  return [
    { name: 'live/verdict', unit: 's', ours: seconds(taken.verdict), limit: 3 },
    {
      name: 'live/verdict-memory',
      unit: '%',
      ours: (Math.max(...taken.verdict.map(({ peakBytes }) => peakBytes)) / mostBytes) * 100,
      limit: 100,
    },
    { name: 'live/bundle', unit: 's', ours: seconds(taken.bundle), limit: 3 },
  ];
};

const countBuilt = async ({ client }: HeldNetwork): Promise<number> =>
  (await (await client.control).getInfo('circuit-status')).split('\n').filter((line) => / BUILT /.test(line)).length;

/** Until a stream through the exit moves bytes again. */
const openAgain = async (lab: HeldNetwork): Promise<void> => {
  const [stream] = await lab.openStreams('exit', 1);
  if (stream === undefined) throw new TypeError('one was asked for');
  stream.drop();
};

const carry = async (
  lab: HeldNetwork,
  directories: readonly string[],
  means: Means,
  { progress, signal }: BenchmarkContext,
): Promise<Measurement[]> => {
  const [former, next] = directories.map(loadBuild);
  if (former === undefined || next === undefined) throw new TypeError('two builds');
  const held = await lab.openStreams('exit', circuits);
  const heavy = await lab.openStreams('exit', bulk.streams, bulk);
  const meter = openMeter(heavy);
  const streak = await Streak.begin({ door: means.door, pid: lab.exit.pid ?? 0, build: former, ...patience });
  const builtBefore = await countBuilt(lab);
  const pauses: number[] = [];
  const shares: number[] = [];
  for (let made = 0; made < transitions; made++) {
    signal.throwIfAborted();
    // Two seconds before, and the second after: what else the machine does strikes both alike.
    const settles = made % 10 === 0;
    if (settles) await delay(made === 0 ? calmMs : 2000);
    const beforeMs = performance.now();
    const step = made % 2 === 0 ? await streak.forward(next, undefined) : await streak.back();
    pauses.push(step.pauseUs);
    if (!settles) continue;
    const afterMs = performance.now();
    await delay(1100);
    shares.push(meter.rate(afterMs, afterMs + 1000) / Math.max(1, meter.rate(beforeMs - 2000, beforeMs)));
  }
  const cut = [...held, ...heavy].filter(({ cut }) => cut !== undefined).length;
  const builtAfter = await countBuilt(lab);
  for (const line of renderPauses(pauses)) progress(line);
  progress(`first second after, of the throughput before: ${shares.map((share) => share.toFixed(2)).join(' ')}`);
  progress(`circuits of the client: ${builtBefore} before, ${builtAfter} after; streams cut: ${cut}`);

  progress('an ordinary restart of the same relay');
  meter.stop();
  const stoppedMs = performance.now();
  await lab.exit.stop({ signal: 'SIGINT' });
  await lab.exit.start(['--__OwningControllerProcess', String(process.pid)]);
  await openAgain(lab);
  const awayMs = performance.now() - stoppedMs;
  const lost = [...held, ...heavy].filter(({ cut: why }) => why !== undefined).length - cut;
  for (const stream of [...held, ...heavy]) stream.drop();
  return [
    { name: 'live/pause-p99', unit: 'ms', ours: quantileOf(pauses, 0.99) / 1000, peer: awayMs, limit: 5 },
    { name: 'live/pause-longest', unit: 'ms', ours: quantileOf(pauses, 1) / 1000, peer: awayMs, limit: 10 },
    { name: 'live/throughput-lost', unit: '%', ours: Math.max(0, 1 - median(shares)) * 100, peer: 100, limit: 5 },
    { name: 'live/streams-cut', unit: 'count', ours: cut, peer: lost, limit: 0 },
  ];
};

const measure = async (context: BenchmarkContext): Promise<Measurement[]> => {
  const { progress, signal } = context;
  const directories = await ensureBuilds(successorEdits.slice(0, 1), { onProgress: progress });
  using means = compileMeans();
  const parts = await takeApart(directories, signal);
  progress('a private network whose only exit is updated');
  const lab = await startHeldNetwork(`bench-live-${process.pid}`, { tor: `${directories[0]}/tor`, signal });
  try {
    return [...parts, ...(await carry(lab, directories, means, context))];
  } finally {
    await lab.stop();
  }
};

export const benchmark: Benchmark = {
  summary: 'a live update of an exit relay under load, against its restart',
  packages: ['live'],
  unavailable: noInjection,
  run: measure,
};
