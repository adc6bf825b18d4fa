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

const unreadable = (fact: string, pid: number): FactsError =>
  new FactsError({
    fact,
    problem: `process ${pid} runs and could not be read`,
    hint: 'it ended at this moment and reading again will do, or the reader is not root on the host (with CAP_SYS_ADMIN, for /proc/PID/map_files)',
    retryable: true,
  });

/**
 * The process, or undefined when it had ended before it was looked at.
 * @throws FactsError (retryable) when it ended half way through, or may not be read: neither is to look like a stopped relay
 */
export const describeProcess = (pid: number, readings: ProcessReadings): ProcessFacts | undefined => {
  const stat = readings.stats.get(pid);
  if (stat === undefined) return undefined;
  const peakRssBytes = readings.peaks.get(pid);
  if (peakRssBytes === undefined) throw unreadable('process-status', pid);
  const memory = readings.memory.get(pid);
  if (memory === undefined) throw unreadable('process-memory', pid);
  const mapped = readings.mapped.get(pid);
  if (mapped === undefined) throw unreadable('mapped-objects', pid);
  const loaded = findLoadedAllocator(mapped, readings.preloads.get(pid), readings.knowledge);
  if (loaded === undefined) throw unreadable('elf-heads', pid);
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
