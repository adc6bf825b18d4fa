// What room in its structs costs a relay: the program of `live build --debian` beside the one that Debian ships, of the same version,
// as exits of one network at the same time. Processor time for each byte that is relayed stands for throughput: it does not depend
// on what else the machine does.
import { readFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '@tearless/lab/base/run.ts';
import { startTwinLab } from '@tearless/lab/twin/twin-lab.ts';
import type { TwinRelay } from '@tearless/lab/twin/twin-relay.ts';
import type { Benchmark, BenchmarkContext, Measurement } from './core/benchmark.ts';
import { median } from './core/measure.ts';

const launcher = join(import.meta.dirname, '../tearless');
/** Each program is in each place once: what depends on the place strikes both. */
const pairs = 4;
const filling = { circuits: 200, connections: 200, streams: 0 };
const calmWithinS = 15;
const windowMs = 20_000;
/** Enough that waking up for little does not count, less than the machine can carry: what waits makes each byte cheaper. */
const bulk = { streams: 20, pace: { blockBytes: 32 * 1024, everyMs: 20 } };

interface Cost {
  readonly restBytes: number;
  readonly nsPerByte: number;
}

/** As the product makes it today. */
const buildRoomy = async (folder: string, { signal, progress }: BenchmarkContext): Promise<string> => {
  progress('builds the version of Debian with room: a minute or some');
  const directory = join(folder, 'roomy');
  await run([launcher, 'live', 'build', '--debian', '--out', directory], { signal, timeoutMs: 60 * 60_000 });
  return join(directory, 'tor');
};

/** Memory of its own: pages of its file come and go as others need memory. */
const ownBytes = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return [...text.matchAll(/^(?:Anonymous|Swap):\s+(\d+)/gm)].reduce(
    (all, [, kilobytes]) => all + Number(kilobytes) * 1024,
    0,
  );
};

/** Once it grows no more: after a network begins, each relay compresses documents, and keeps the tens of megabytes for that. */
const restBytes = async (relays: readonly TwinRelay[], signal: AbortSignal): Promise<readonly number[]> => {
  let [known, calmS] = [[] as readonly number[], 0];
  while (calmS < calmWithinS) {
    await delay(1000, undefined, { signal });
    const now = relays.map(({ pid }) => ownBytes(pid));
    calmS = now.some((bytes, index) => bytes > 1.01 * (known[index] ?? 0)) ? 0 : calmS + 1;
    known = now;
  }
  return known;
};

/** On a processor, of the thread that relays: the others compress documents now and then. */
const busyNs = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);

const watch = async (relays: readonly TwinRelay[], signal: AbortSignal): Promise<Cost[]> => {
  const rests = await restBytes(relays, signal);
  await Promise.all(relays.map((relay) => relay.push(bulk.streams, bulk.pace)));
  const look = () =>
    Promise.all(relays.map(async (relay) => ({ ns: busyNs(relay.pid), bytes: await relay.writtenBytes() })));
  const before = await look();
  await delay(windowMs, undefined, { signal });
  const after = await look();
  return rests.map((own, index) => {
    const [from, to] = [before[index], after[index]];
    if (from === undefined || to === undefined) throw new TypeError('as many as there are relays');
    return { restBytes: own, nsPerByte: (to.ns - from.ns) / (to.bytes - from.bytes) };
  });
};

type Places<T> = Readonly<Record<'twin' | 'bystander', T>>;

const compare = async (
  programs: Places<string>,
  round: number,
  { signal, progress }: BenchmarkContext,
): Promise<Places<Cost>> => {
  const name = `blb${process.pid}-${round}`;
  const { twin: tor, bystander: bystanderTor } = programs;
  const lab = await startTwinLab({ name, tor, bystanderTor, ownerPid: process.pid, signal });
  try {
    const relays = [lab.twin, lab.bystander];
    const reached = await Promise.all(relays.map((relay) => relay.fill(filling)));
    const [twin, bystander] = await watch(relays, signal);
    if (twin === undefined || bystander === undefined) throw new TypeError('two relays');
    const circuits = reached.map((one) => one.circuits).join(' and ');
    progress(`${circuits} circuits, ${twin.nsPerByte.toFixed(1)} and ${bystander.nsPerByte.toFixed(1)} ns a byte`);
    return { twin, bystander };
  } finally {
    await lab.stop();
  }
};

export const benchmark: Benchmark = {
  summary:
    'a build with room for live updates against the stock build: memory, and processor time for each byte relayed',
  packages: ['live', 'debian-build'],
  run: async (context): Promise<Measurement[]> => {
    const stock = (await run(['sh', '-c', 'command -v tor'])).trim();
    await using folder = await mkdtempDisposable(join(tmpdir(), 'tearless-live-build-'));
    const roomy = await buildRoomy(folder.path, context);
    const shares: Record<keyof Cost, number[]> = { restBytes: [], nsPerByte: [] };
    for (let pair = 0; pair < pairs; pair++) {
      const first = await compare({ twin: roomy, bystander: stock }, 2 * pair, context);
      const second = await compare({ twin: stock, bystander: roomy }, 2 * pair + 1, context);
      for (const what of ['restBytes', 'nsPerByte'] as const)
        shares[what].push(
          100 * Math.sqrt((first.twin[what] * second.bystander[what]) / (first.bystander[what] * second.twin[what])),
        );
      const [memory = Number.NaN, processor = Number.NaN] = [shares.restBytes.at(-1), shares.nsPerByte.at(-1)];
      context.progress(
        `pair ${pair + 1} of ${pairs}: memory ${memory.toFixed(1)} %, processor ${processor.toFixed(1)} %`,
      );
    }
    return [
      { name: 'live-build/memory', unit: '%', ours: median(shares.restBytes), limit: 102 },
      { name: 'live-build/processor', unit: '%', ours: median(shares.nsPerByte), limit: 101 },
    ];
  },
};
