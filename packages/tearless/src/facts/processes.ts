// One process put together from what several sections say of it.
import { findLoadedAllocator, type LibraryKnowledge } from './allocators.ts';
import { FactsError } from './error.ts';
import type { ExecutableFacts, ProcessFacts } from './observed.ts';
import type { MappedObject } from './sections/mapped-objects.ts';
import type { ProcessMemory } from './sections/process-memory.ts';
import type { ProcessStat } from './sections/process-stat.ts';

export interface ProcessReadings {
  readonly stats: ReadonlyMap<number, ProcessStat>;
  readonly memory: ReadonlyMap<number, ProcessMemory>;
  readonly peaks: ReadonlyMap<number, number>;
  readonly preloads: ReadonlyMap<number, string>;
  readonly mapped: ReadonlyMap<number, readonly MappedObject[]>;
  readonly knowledge: LibraryKnowledge;
  readonly ticksPerSecond: number;
}

const findExecutable = (
  mapped: readonly MappedObject[],
  { buildIds }: LibraryKnowledge,
): ExecutableFacts | undefined => {
  const object = mapped.find(({ path }) => path.endsWith('/tor'));
  if (object === undefined) return undefined;
  const buildId = buildIds.get(object.mapFile);
  return { path: object.path, ...(buildId === undefined ? {} : { buildId }), replaced: object.deleted };
};

/**
 * The process, or undefined when it ended while the host was read.
 * @throws FactsError (retryable) when it lives and what it has mapped could not be read
 */
export const describeProcess = (pid: number, readings: ProcessReadings): ProcessFacts | undefined => {
  const stat = readings.stats.get(pid);
  const memory = readings.memory.get(pid);
  const peakRssBytes = readings.peaks.get(pid);
  const mapped = readings.mapped.get(pid);
  if (stat === undefined || memory === undefined || peakRssBytes === undefined || mapped === undefined)
    return undefined;
  const loaded = findLoadedAllocator(mapped, readings.preloads.get(pid), readings.knowledge);
  if (loaded === undefined)
    throw new FactsError({
      fact: 'elf-heads',
      problem: `the allocator that process ${pid} has mapped could not be read`,
      hint: 'reading /proc/PID/map_files needs root with CAP_SYS_ADMIN on the host',
      retryable: true,
    });
  const executable = findExecutable(mapped, readings.knowledge);
  return {
    pid,
    startTicks: stat.startTicks,
    cpuSeconds: stat.cpuTicks / readings.ticksPerSecond,
    threads: stat.threads,
    memory: { ...memory, peakRssBytes },
    ...loaded,
    ...(executable === undefined ? {} : { executable }),
  };
};
