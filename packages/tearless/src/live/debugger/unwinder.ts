// Where a process has libgcc's `__register_frame`, which tells the unwinder of code that is in no file: the program's own crash
// reports then name what is above it. Pure.
import { libraryRanges, type ProcessMemory, readMappedLibraries } from '../process/mapped-libraries.ts';
import type { Mapping } from '../process/memory-map.ts';
import type { MemoryRange } from '../process/sparse-memory.ts';

const library = /\/libgcc_s[^/]*\.so[^/]*$/;

const pathsOf = (mappings: readonly Mapping[]): string[] => {
  const found = mappings.find(({ path, isDeleted }) => !isDeleted && library.test(path));
  return found === undefined ? [] : [found.path];
};

/** What `findUnwinder` reads. */
export const unwinderRanges = (mappings: readonly Mapping[]): MemoryRange[] =>
  libraryRanges(mappings, pathsOf(mappings));

/** Its address; undefined where the process has not loaded it, or has another kind of it. */
export const findUnwinder = (memory: ProcessMemory): bigint | undefined => {
  const [found] = readMappedLibraries(memory, pathsOf(memory.mappings));
  const symbol = found?.brings?.get('__register_frame')?.[0];
  return found === undefined || symbol === undefined ? undefined : found.base + symbol.value;
};
