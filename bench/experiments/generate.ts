// A made-up experiment of any size, the same each time: a folder as the tools that this product reads from write it. Streamed.
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface GeneratedSize {
  /** One a relay and instant; rows over all relays come on top. */
  readonly samples: number;
  readonly relays: number;
  readonly everyMs: number;
}

/** Five months of 142 relays, a sample every three minutes. */
export const tenMillion: GeneratedSize = { samples: 10_000_000, relays: 142, everyMs: 180_000 };

interface GeneratedArm {
  readonly id: string;
  readonly name: string;
  readonly config: Readonly<Record<string, string | number>>;
  readonly plateauKib: number;
  readonly growthKibPerHour: number;
  readonly restartHours: number;
}

const arm = (
  id: string,
  name: string,
  config: GeneratedArm['config'],
  plateauKib: number,
  growthKibPerHour = 0,
  restartHours = 0,
): GeneratedArm => ({ id, name, config, plateauKib, growthKibPerHour, restartHours });

const arms: readonly GeneratedArm[] = [
  arm('A', 'jemalloc', { allocator: 'jemalloc' }, 1_700_000),
  arm('B', 'mimalloc 2', { allocator: 'mimalloc' }, 1_200_000),
  arm('C', 'tcmalloc', { allocator: 'tcmalloc' }, 3_500_000),
  arm('D', 'restart-24h', { restart_interval: '24h' }, 5_000_000, 0, 24),
  arm('E', 'restart-72h', { restart_interval: '72h' }, 5_000_000, 0, 72),
  arm('F', 'mimalloc 3', { allocator: 'mimalloc' }, 1_300_000, 150),
  arm('Z', 'control', { allocator: 'glibc', notes: 'No modifications' }, 5_300_000),
];

const startMs = Date.UTC(2026, 0, 1);
const linesPerChunk = 8192;
const hourMs = 3_600_000;

interface GeneratedRelay {
  readonly nickname: string;
  readonly fingerprint: string;
  readonly arm: GeneratedArm;
  /** This relay's own plateau. */
  readonly levelKib: number;
  peakKib: number;
}

/** 32-bit words, one after the other (xorshift32). */
const createWords = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
};

const makeRelays = (count: number, word: () => number): GeneratedRelay[] =>
  Array.from({ length: count }, (_, index) => {
    const own = arms[index % arms.length] ?? arm('Z', 'control', {}, 5_000_000);
    const digits = Array.from({ length: 5 }, () => word().toString(16).padStart(8, '0')).join('');
    return {
      nickname: `relay${String(index + 1).padStart(4, '0')}`,
      fingerprint: digits.toUpperCase(),
      arm: own,
      levelKib: Math.round(own.plateauKib * (0.97 + (0.06 * word()) / 2 ** 32)),
      peakKib: 0,
    };
  });

const header =
  'timestamp,server,type,fingerprint,nickname,group,rss_kb,vmsize_kb,hwm_kb,frag_ratio,count,total_kb,avg_kb,min_kb,max_kb\n';

/** VmRSS after a start at zero hours: rises to the plateau within about a day, then grows with its arm. */
const rssAt = (relay: GeneratedRelay, hours: number, noise: number): number => {
  const { restartHours, growthKibPerHour } = relay.arm;
  const age = restartHours === 0 ? hours : hours % restartHours;
  const rise = 1 - Math.exp(-age / 8);
  return Math.round(200_000 + (relay.levelKib - 200_000) * rise + growthKibPerHour * age + noise);
};

/** The rows of memory_measurements.csv in chunks. */
export function* generateMemory(size: GeneratedSize): Generator<string> {
  const word = createWords(0x2545f491);
  const relays = makeRelays(size.relays, word);
  yield header;
  let chunk = '';
  let lines = 0;
  for (let done = 0, instant = 0; done < size.samples; instant += 1) {
    const atMs = startMs + instant * size.everyMs;
    const time = new Date(atMs).toISOString().slice(0, 19);
    const hours = (atMs - startMs) / hourMs;
    const first = done === 0 ? 0 : hours - size.everyMs / hourMs;
    let total = 0;
    let rows = '';
    let count = 0;
    for (const relay of relays) {
      if (done === size.samples) break;
      const rss = rssAt(relay, hours, (word() >>> 17) - 16_384);
      const { restartHours } = relay.arm;
      if (restartHours > 0 && Math.floor(hours / restartHours) !== Math.floor(first / restartHours)) relay.peakKib = 0;
      relay.peakKib = Math.max(relay.peakKib, rss);
      rows += `${time},host1,relay,,${relay.nickname},${relay.arm.id},${rss},${rss + 1_500_000},${relay.peakKib},${((rss + 1_500_000) / rss).toFixed(2)},,,,,\n`;
      total += rss;
      count += 1;
      done += 1;
      lines += 1;
    }
    chunk += `${time},host1,aggregate,,,,,,,,${count},${total},${Math.floor(total / count)},,\n${rows}`;
    if (lines >= linesPerChunk) {
      yield chunk;
      chunk = '';
      lines = 0;
    }
  }
  if (chunk !== '') yield chunk;
}

const renderConfig = (size: GeneratedSize): string =>
  [
    'fingerprint,nickname,group,allocator,config,notes',
    ...makeRelays(size.relays, createWords(0x2545f491)).map(
      ({ fingerprint, nickname, arm: { id, config } }) =>
        `${fingerprint},${nickname},${id},${config.allocator ?? 'glibc'},,`,
    ),
    '',
  ].join('\n');

const renderManifest = (): string =>
  JSON.stringify({
    id: 'generated',
    name: 'Generated experiment',
    start_date: new Date(startMs).toISOString().slice(0, 10),
    groups: Object.fromEntries(arms.map(({ id, name, config }) => [id, { name, config }])),
  });

/** Writes the folder; about 80 bytes a sample. */
export const writeGenerated = async (directory: string, size: GeneratedSize, signal?: AbortSignal): Promise<void> => {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'experiment.json'), renderManifest());
  await writeFile(join(directory, 'relay_config.csv'), renderConfig(size));
  const file = createWriteStream(join(directory, 'memory_measurements.csv'));
  await pipeline(generateMemory(size), file, signal === undefined ? {} : { signal });
};
