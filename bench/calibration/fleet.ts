// An experiment whose truth is known: relays of one host in arms assigned at random, all started at the same time, with
// memory that grows, wanders and is noisy. Nothing is wrong with it; plants.ts puts one thing wrong.
import type {
  BuiltExperiment,
  BuiltRelay,
} from '../../packages/tearless/src/experiments/testing/build-measurements.ts';
import { drawNormal, drawSkewed } from '../../packages/tearless/src/stats/random/draw.ts';
import type { Random } from '../../packages/tearless/src/stats/random/random.ts';
import { shuffle } from '../../packages/tearless/src/stats/random/shuffle.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const startMs = Date.UTC(2026, 2, 1);
export const sampleEveryMs = 6 * hourMs;
/** Sixteen days, as in published experiments. */
export const instants = 64;
export const relaysPerArm = 10;

const gib = 2 ** 20;

/** A relay with all columns filled, so that a plant may change any of them. */
export type MutableRelay = {
  -readonly [Key in keyof BuiltRelay]: BuiltRelay[Key] extends readonly (infer Item)[] | undefined
    ? Item[]
    : BuiltRelay[Key];
} & {
  arm: string;
  labels: (string | undefined)[];
  virtualKib: number[];
  peakKib: number[];
  rssKib: number[];
  flags: { atMs: number; flags: readonly string[]; running: boolean }[];
  traffic: { atMs: number; writtenBps: number }[];
};

export interface SimulatedArm {
  readonly id: string;
  readonly config: Readonly<Record<string, string>>;
  /** Level of its relays, KiB. */
  readonly level: number;
  /** Share of the level by which memory grows in a day. */
  readonly growth: number;
  /** Hours between restarts; undefined where there are none. */
  readonly restartHours?: number;
  /** VmHWM dips by counting, as it does with tcmalloc. */
  readonly dips: boolean;
}

export interface Fleet {
  readonly arms: readonly SimulatedArm[];
  readonly relays: MutableRelay[];
  readonly instants: readonly number[];
}

const allocators: readonly SimulatedArm[] = [
  { id: 'A', config: { allocator: 'jemalloc' }, level: 2.2 * gib, growth: 0.002, dips: false },
  { id: 'B', config: { allocator: 'mimalloc' }, level: 1.5 * gib, growth: 0.003, dips: false },
  { id: 'C', config: { allocator: 'tcmalloc' }, level: 3.1 * gib, growth: 0.008, dips: true },
  { id: 'D', config: { MaxConsensusAgeForDiffs: '14400' }, level: 5.4 * gib, growth: 0.004, dips: false },
  { id: 'E', config: { MaxConsensusAgeForDiffs: '28800' }, level: 5.5 * gib, growth: 0.004, dips: false },
  { id: 'F', config: { restart_interval: '24h' }, level: 5.3 * gib, growth: 0, restartHours: 24, dips: false },
  { id: 'G', config: { restart_interval: '48h' }, level: 5.4 * gib, growth: 0, restartHours: 48, dips: false },
  { id: 'H', config: { restart_interval: '72h' }, level: 5.4 * gib, growth: 0, restartHours: 72, dips: false },
  { id: 'I', config: { allocator: 'mimalloc', version: '3.0.1' }, level: 2.5 * gib, growth: 0.05, dips: false },
];
const controlArm: SimulatedArm = {
  id: 'Z',
  config: { allocator: 'glibc' },
  level: 5.5 * gib,
  growth: 0.004,
  dips: false,
};

/** Eight to ten arms: control, the three restart arms, and others. */
const drawArms = (random: Random): SimulatedArm[] => {
  const optional = allocators.filter(({ restartHours }) => restartHours === undefined);
  const leftOut = new Set(shuffle(optional, random).slice(0, random.below(3)));
  return [...allocators.filter((arm) => !leftOut.has(arm)), controlArm];
};

/** Standard deviation of relays of one arm, as a share of its level: from 1 to 4 %, as in published arms without contamination. */
const drawSpread = (random: Random): number => 0.01 + 0.03 * random.uniform();

const letters = 'abcdefghijklmnopqrstuvwxyz';
const drawName = (random: Random, taken: Set<string>): string => {
  for (;;) {
    const name = Array.from({ length: 5 + random.below(6) }, () => letters[random.below(26)]).join('');
    if (!taken.has(name) && taken.add(name)) return name;
  }
};
const drawFingerprint = (random: Random): string =>
  Array.from({ length: 5 }, () => random.uint32().toString(16).padStart(8, '0'))
    .join('')
    .toUpperCase();

/** Share of the level that a process of this age has reached. */
export const regrown = (ageHours: number): number => 0.35 + 0.65 * (1 - Math.exp(-ageHours / 5));

/** Chance of a crash in one interval of samples: one in two hundred relay-days. */
const crashRate = sampleEveryMs / dayMs / 200;

interface Host {
  /** A little that all relays share: the network’s load, the kernel’s pressure. */
  readonly shared: readonly number[];
  readonly jitterMs: readonly number[];
}

const drawHost = (random: Random): Host => {
  let level = 0;
  return {
    shared: Array.from({ length: instants }, (_, index) => {
      level = 0.9 * level + 0.002 * drawNormal(random);
      return level + 0.003 * Math.sin((2 * Math.PI * index * sampleEveryMs) / dayMs);
    }),
    jitterMs: Array.from({ length: instants }, () => random.below(90_000)),
  };
};

/** How relays of one arm differ. */
interface Between {
  readonly spread: number;
  /** Mildly skewed, else normal. */
  readonly skewed: boolean;
}

/** Memory of one relay, restarts and counting dips of its peak included. */
const fillMemory = (
  relay: MutableRelay,
  arm: SimulatedArm,
  host: Host,
  { spread, skewed }: Between,
  random: Random,
): void => {
  const own = 1 + spread * (skewed ? drawSkewed(0.75, random) : drawNormal(random));
  const virtualKib = Math.round((0.9 + 0.4 * random.uniform()) * gib);
  // All processes started three days before the first sample, in one random order.
  let bornMs = startMs - 3 * dayMs - random.below(2 * hourMs);
  let wander = 0;
  let peakKib = 0;
  for (let index = 0; index < instants; index++) {
    const nowMs = startMs + index * sampleEveryMs + (host.jitterMs[index] ?? 0);
    const stepMs = arm.restartHours === undefined ? undefined : arm.restartHours * hourMs;
    const before = bornMs;
    // Restarts lie half an hour before a sample, one relay after another.
    if (stepMs !== undefined && index > 0 && (index * sampleEveryMs) % stepMs === 0)
      bornMs = nowMs - 1_800_000 - random.below(600_000);
    else if (random.uniform() < crashRate) bornMs = nowMs - random.below(sampleEveryMs / 2);
    wander += 0.002 * drawNormal(random);
    const grown = 1 + (arm.growth * (nowMs - startMs)) / dayMs;
    const level = arm.level * own * grown * regrown((nowMs - bornMs) / hourMs);
    const rssKib = Math.round(level * (1 + wander + (host.shared[index] ?? 0) + 0.004 * drawNormal(random)));
    const highest = Math.round(rssKib * (1 + 0.01 * random.uniform()));
    // Batched counting lowers the peak by a few hundred KiB now and then.
    const dip = arm.dips && random.uniform() < 0.2 ? Math.round(rssKib * 0.001 * random.uniform()) : 0;
    peakKib = bornMs === before ? Math.max(peakKib - dip, rssKib, arm.dips ? 0 : highest) : highest;
    relay.atMs.push(nowMs);
    relay.rssKib.push(rssKib);
    relay.virtualKib.push(rssKib + virtualKib);
    relay.peakKib.push(Math.max(peakKib, rssKib));
    relay.labels.push(arm.id);
  }
};

const fillNetwork = (relay: MutableRelay, arm: SimulatedArm, random: Random): void => {
  const isGuard = random.uniform() < 0.85;
  for (const day of [4, 11]) {
    const hsDir = arm.restartHours === undefined && random.uniform() < 0.97;
    const flags = [
      'Fast',
      'Running',
      'Stable',
      'V2Dir',
      'Valid',
      ...(isGuard ? ['Guard'] : []),
      ...(hsDir ? ['HSDir'] : []),
    ];
    relay.flags.push({ atMs: startMs + day * dayMs, flags: flags.sort(), running: true });
  }
  const usual = Math.exp(14.5 + 0.6 * drawNormal(random));
  for (let day = -20; day < 16; day++)
    relay.traffic.push({ atMs: startMs + day * dayMs, writtenBps: usual * Math.exp(0.15 * drawNormal(random)) });
};

/** A clean experiment. The same random numbers give the same one. */
export const simulateFleet = (random: Random): Fleet => {
  const arms = drawArms(random);
  const taken = new Set<string>();
  const names = Array.from({ length: arms.length * relaysPerArm }, () => drawName(random, taken)).sort();
  const assigned = shuffle(
    arms.flatMap((arm) => Array.from({ length: relaysPerArm }, () => arm)),
    random,
  );
  const host = drawHost(random);
  const between = new Map(
    arms.map(({ id }): [string, Between] => [id, { spread: drawSpread(random), skewed: random.uniform() < 0.5 }]),
  );
  const relays = names.flatMap((name, index): MutableRelay[] => {
    const arm = assigned[index];
    const own = between.get(arm?.id ?? '');
    if (arm === undefined || own === undefined) return [];
    const relay: MutableRelay = {
      id: name,
      fingerprint: drawFingerprint(random),
      arm: arm.id,
      settings: { config: Object.values(arm.config).join() },
      atMs: [],
      rssKib: [],
      virtualKib: [],
      peakKib: [],
      labels: [],
      flags: [],
      traffic: [],
    };
    fillMemory(relay, arm, host, own, random);
    fillNetwork(relay, arm, random);
    return [relay];
  });
  return { arms, relays, instants: host.jitterMs.map((jitterMs, index) => startMs + index * sampleEveryMs + jitterMs) };
};

/** As measurements are built; what a plant adds comes on top. */
export const describeFleet = ({ arms, relays }: Fleet): BuiltExperiment => ({
  info: { id: 'simulated', title: 'simulated', startMs, control: 'Z' },
  arms: arms.map(({ id, config }) => ({ id, name: id, config })),
  relays,
});
