// What runs in an instance of tor, as far as an update is made from it: which build its code is of, where it has everything, and
// the bytes that jumps are written over.
import { ElfFile } from '@tearless/elf/elf-file.ts';
import type { StepContext } from '../../change/step.ts';
import { unwinderRanges } from '../debugger/unwinder.ts';
import type { Generation } from '../link/generation.ts';
import { asksAnew } from '../link/imports.ts';
import { LiveError } from '../live-error.ts';
import { type Look, lookAt } from '../process/look.ts';
import { libraryRanges, listLibraryPaths } from '../process/mapped-libraries.ts';
import type { Mapping } from '../process/memory-map.ts';
import { readImports } from '../process/read-imports.ts';
import type { MemoryRange } from '../process/sparse-memory.ts';
import { restoreGeneration } from '../status/generation-record.ts';
import {
  doneUpdates,
  type ProcessRecord,
  readProcessRecord,
  runningBuildOf,
  writtenBy,
} from '../status/process-record.ts';
import type { LiveBuild } from './live-build.ts';
import { firstGenerationOf } from './prepare-update.ts';
import { headBytes, requireOwnCode } from './require-own-code.ts';
import type { RunningProgram } from './running-program.ts';

export type LiveContext = Pick<StepContext, 'host' | 'signal'>;

export interface Running {
  readonly look: Look;
  /** Of the program that the process was started from. */
  readonly program: string;
  /** Whose code runs now. */
  readonly build: string;
  readonly record: ProcessRecord | undefined;
}

/** Whether it is the process that a step has seen before: it was not restarted. */
export const isSameProcess = (
  { look }: Running,
  { pid, startTicks }: { readonly pid: number; readonly startTicks: string },
): boolean => look.pid === pid && String(look.startTicks) === startTicks;

/** @throws HostError, LiveError `live-no-build-id` */
export const readRunning = async (context: LiveContext, instance: string): Promise<Running> => {
  const look = await lookAt(context, instance);
  if (look.buildId === undefined)
    throw new LiveError({
      kind: 'refused',
      code: 'live-no-build-id',
      message: `${context.host.name}: tor@${instance} runs a program without a build-id, so nothing can be said of it`,
      place: 'host',
      subject: `${context.host.name}/${instance}`,
      hint: "'tearless live adopt' restarts it onto a build that has one",
    });
  const record = await readProcessRecord(context.host, look);
  return { look, program: look.buildId, build: runningBuildOf(look.buildId, record), record };
};

/** A process loads a library now and then, hardly so often in a row. */
const mostLooks = 5;

export interface Prepared {
  readonly program: RunningProgram;
  readonly generation: Generation;
}

/**
 * Reads what the update of a running process needs of its memory.
 * @param first the build that the process was started from
 * @param next the build that it is to become
 * @throws HostError, LiveError `live-process-gone`, `live-process-loading`, `live-other-code`
 */
export const readProgram = async (
  context: LiveContext,
  instance: string,
  running: Running,
  first: LiveBuild,
  next: LiveBuild,
): Promise<Prepared> => {
  const slots = slotsOf(first, running.look.base);
  const withSlots = await lookAt(context, instance, slots);
  const updates = running.record === undefined ? [] : doneUpdates(running.record);
  const generation = restoreGeneration(firstGenerationOf(first, programOf(withSlots, running.program)), updates);
  const seen = await lookUntilWhole(context, instance, running, withSlots.mappings, (mappings) => [
    ...entriesOf(generation, mappings),
    ...unwinderRanges(mappings),
    ...(asksAnew(next.side.image, generation) ? libraryRanges(mappings, listLibraryPaths(mappings)) : []),
  ]);
  const program = programOf(seen, running.program);
  requireOwnCode(first, program, generation, updates.flatMap(writtenBy));
  return { program, generation };
};

/**
 * Looks at what is wanted, by where everything lies; where something has come since it was last looked at, such as a library, once more.
 * @param wanted what has to be read, of a process with these mappings
 */
const lookUntilWhole = async (
  context: LiveContext,
  instance: string,
  { look }: Running,
  first: readonly Mapping[],
  wanted: (mappings: readonly Mapping[]) => readonly MemoryRange[],
): Promise<Look> => {
  const fail = (code: string, message: string): LiveError =>
    new LiveError({
      kind: 'failed',
      code,
      message: `${context.host.name}: tor@${instance} ${message}`,
      place: 'host',
      retryable: true,
      hint: 'nothing was changed: try again once it has settled',
    });
  let asked = wanted(first);
  for (let looks = 0; looks < mostLooks; looks++) {
    const seen = await lookAt(context, instance, asked);
    if (seen.pid !== look.pid || seen.startTicks !== look.startTicks)
      throw fail('live-process-gone', 'was restarted in the meantime');
    const needed = wanted(seen.mappings);
    const read = new Set(asked.map(nameOf));
    if (needed.every((range) => read.has(nameOf(range)))) return seen;
    asked = needed;
  }
  throw fail('live-process-loading', 'loads one library after the other, so nothing can be said of it yet');
};

const nameOf = ({ address, lengthBytes }: MemoryRange): string => `${address.toString(16)} ${lengthBytes}`;

const programOf = ({ pid, startTicks, path, mappings, memory }: Look, buildId: string): RunningProgram => ({
  target: { pid, startTicks, buildId },
  path,
  mappings,
  readCode: (address, lengthBytes) => memory.read(address, lengthBytes),
});

const slotBytes = 8;

/** Slots that the loader filled. */
const slotsOf = ({ files }: LiveBuild, base: bigint): MemoryRange[] => {
  const slots: MemoryRange[] = [];
  readImports(new ElfFile(files.tor), base, (address) => {
    slots.push({ address, lengthBytes: slotBytes });
    return 0n;
  });
  return slots;
};

/** Where functions begin. */
const entriesOf = ({ addresses }: Generation, mappings: readonly Mapping[]): MemoryRange[] => {
  const code = mappings.filter(({ permissions }) => permissions.startsWith('r-x'));
  return [...addresses.values()].flatMap((address) => {
    const mapping = code.find(({ from, to }) => address >= from && address < to);
    if (mapping === undefined) return [];
    const left = Number(mapping.to - address);
    return [{ address, lengthBytes: Math.min(headBytes, left) }];
  });
};
