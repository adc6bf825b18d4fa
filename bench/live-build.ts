// What room in its structs costs a relay: the program of `live build --debian` beside the one that Debian ships, of the same version,
// as exits of one network at the same time. Processor time for each byte that is relayed stands for throughput: it does not depend
// on what else the machine does.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '@tearless/lab/base/run.ts';
import { startTwinLab } from '@tearless/lab/twin/twin-lab.ts';
import type { TwinRelay } from '@tearless/lab/twin/twin-relay.ts';
import type { Benchmark, BenchmarkContext, Measurement } from './core/benchmark.ts';
import { median } from './core/measure.ts';

const launcher = join(import.meta.dirname, '../tearless');
const rounds = 4;
const circuits = 200;
const windowMs = 20_000;
const windows = 3;
const bulk = { streams: 4, pace: { blockBytes: 16 * 1024, everyMs: 10 } };

interface Cost {
  readonly ownBytes: number;
  /** In each window. */
  readonly nsPerByte: readonly number[];
}

/** Kept in the cache; made anew for another version. */
const ensureRoomy = async (version: string, { signal }: BenchmarkContext): Promise<string> => {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const directory = join(cache, 'tearless', `live-build-bench-${version}`);
  if (!existsSync(join(directory, 'manifest.json')))
    await run([launcher, 'live', 'build', '--debian', '--out', directory], { signal, timeoutMs: 60 * 60_000 });
  return join(directory, 'tor');
};

/** Memory of its own: pages of its file come and go as others need memory. */
const ownBytes = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return [...text.matchAll(/^(?:Anonymous|Swap):\s+(\d+)/gm)].reduce(
    (all, [, kilobytes]) => all + Number(kilobytes) * 1024,
    0,
  );
};

/** On a processor, of all threads. */
const busyNs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (all, thread) => all + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    0,
  );

const watch = async (relays: readonly TwinRelay[], signal: AbortSignal): Promise<Cost[]> => {
  const own = relays.map(({ pid }) => ownBytes(pid));
  const bytes = await Promise.all(relays.map((relay) => relay.push(bulk.streams, bulk.pace)));
  const costs: number[][] = relays.map(() => []);
  for (let window = 0; window < windows; window++) {
    const before = relays.map(({ pid }, index) => [busyNs(pid), bytes[index]?.() ?? 0] as const);
    await delay(windowMs, undefined, { signal });
    for (const [index, { pid }] of relays.entries()) {
      const [ns, count] = before[index] ?? [0, 0];
      costs[index]?.push((busyNs(pid) - ns) / ((bytes[index]?.() ?? 0) - count));
    }
  }
  return relays.map((_, index) => ({
    ownBytes: own[index] ?? 0,
    nsPerByte: costs[index] ?? [],
  }));
};

const compare = async (
  tor: string,
  bystanderTor: string,
  round: number,
  context: BenchmarkContext,
): Promise<Cost[]> => {
  const { signal, progress } = context;
  const lab = await startTwinLab({
    name: `blb${process.pid}-${round}`,
    tor,
    bystanderTor,
    ownerPid: process.pid,
    signal,
  });
  try {
    const relays = [lab.twin, lab.bystander];
    const wanted = { circuits, connections: 0, streams: 0 };
    const reached = await Promise.all(relays.map((relay) => relay.fill(wanted)));
    progress(`round ${round + 1}: ${reached.map((one) => one.circuits).join(' and ')} circuits`);
    return await watch(relays, signal);
  } finally {
    await lab.stop();
  }
};

const versionOf = async (tor: string): Promise<string> =>
  /^Tor version (\S+)\.$/m.exec(await run([tor, '--version']))?.[1] ?? '';

export const benchmark: Benchmark = {
  summary:
    'a build with room for live updates against the stock build: memory, and processor time for each byte relayed',
  packages: ['live', 'debian-build'],
  run: async (context): Promise<Measurement[]> => {
    const stock = (await run(['sh', '-c', 'command -v tor'])).trim();
    const roomy = await ensureRoomy(await versionOf(stock), context);
    // Of two relays at the same time: what else the machine does strikes both.
    const shares: { memory: number[]; processor: number[] } = { memory: [], processor: [] };
    for (let round = 0; round < rounds; round++) {
      // Each is once the one and once the other.
      const isFirst = round % 2 === 0;
      const pair = isFirst ? ([roomy, stock] as const) : ([stock, roomy] as const);
      const costs = await compare(...pair, round, context);
      const [ours, peer] = isFirst ? costs : [...costs].reverse();
      if (ours === undefined || peer === undefined) throw new TypeError('two relays');
      shares.memory.push((ours.ownBytes / peer.ownBytes) * 100);
      shares.processor.push(...ours.nsPerByte.map((ns, window) => (ns / (peer.nsPerByte[window] ?? Number.NaN)) * 100));
      const inMb = [ours, peer].map((cost) => (cost.ownBytes / 1e6).toFixed(1));
      const ns = [ours, peer].map((cost) => median(cost.nsPerByte).toFixed(2));
      context.progress(`${inMb.join(' against ')} MB, ${ns.join(' against ')} ns a byte`);
    }
    return [
      { name: 'live-build/memory', unit: '%', ours: median(shares.memory), limit: 102 },
      { name: 'live-build/processor', unit: '%', ours: median(shares.processor), limit: 101 },
    ];
  },
};
