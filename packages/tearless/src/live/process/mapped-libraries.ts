// The libraries that a process has loaded: what each brings under which name and version, and the build-id that it has. Read out of
// memory that the process itself cannot write, so it is what runs, whatever lies on the disk by now. Pure.
import { findBuildId } from '@tearless/elf/build-id.ts';
import { type DynamicInfo, type DynamicSymbol, type LoadedImage, readLoadedDynamic } from '@tearless/elf/dynamic.ts';
import { ElfError } from '@tearless/elf/error.ts';
import { baseOf, type Mapping } from './memory-map.ts';
import type { MemoryRange } from './sparse-memory.ts';

export interface ProcessMemory {
  readonly mappings: readonly Mapping[];
  readCode(address: bigint, lengthBytes: number): Uint8Array;
}

export interface MappedLibrary {
  readonly path: string;
  /** What was added to its addresses. */
  readonly base: bigint;
  /** The name that others ask for it by; that of its file where it has none. */
  readonly soname: string;
  /** The libraries that it asks for. */
  readonly libraries: readonly string[];
  /** What it brings, by name; undefined where it cannot be read. */
  readonly brings: ReadonlyMap<string, readonly DynamicSymbol[]> | undefined;
  /** Its beginning, with the build-id that tells it from all others; undefined where it has none. */
  readonly head: { readonly buildId: string; readonly address: bigint; readonly bytes: Uint8Array } | undefined;
}

const libraryFile = /\/[^/]+\.so(\.[^/]*)?$/;

/** Paths of all libraries that are mapped, in the order of their addresses. */
export const listLibraryPaths = (mappings: readonly Mapping[]): string[] => [
  ...new Set(mappings.flatMap(({ path, offset }) => (offset === 0n && libraryFile.test(path) ? [path] : []))),
];

/** Where a library says what it is and brings: its first mapping, and the last that was sealed when it had been loaded. */
export const libraryRanges = (mappings: readonly Mapping[], paths: readonly string[]): MemoryRange[] =>
  paths.flatMap((wanted) => {
    const own = mappings.filter(({ path, permissions }) => path === wanted && /^r-.p/.test(permissions));
    const first = own.find(({ offset }) => offset === 0n);
    const last = own.findLast(({ permissions }) => permissions.startsWith('r--'));
    return [...new Set([first, last])].flatMap((one) =>
      one === undefined ? [] : [{ address: one.from, lengthBytes: Number(one.to - one.from) }],
    );
  });

export const readMappedLibraries = (memory: ProcessMemory, paths: readonly string[]): MappedLibrary[] =>
  paths.flatMap((path) => {
    const base = baseOf(memory.mappings, path);
    if (base === undefined) return [];
    const image = imageOf(memory, path, base);
    const dynamic = orUndefined(() => readLoadedDynamic(image));
    const head = image.read(base)?.subarray(0, headBytes);
    const buildId = head === undefined ? undefined : orUndefined(() => findBuildId(head));
    return [
      {
        path,
        base,
        soname: dynamic?.soname ?? path.slice(path.lastIndexOf('/') + 1),
        libraries: dynamic?.libraries ?? [],
        brings: dynamic === undefined ? undefined : listBrought(dynamic),
        head: buildId === undefined || head === undefined ? undefined : { buildId, address: base, bytes: head },
      },
    ];
  });

/** The headers, and behind them the notes with the build-id. */
const headBytes = 2048;

const imageOf = ({ mappings, readCode }: ProcessMemory, path: string, base: bigint): LoadedImage => {
  const ranges = libraryRanges(mappings, [path]);
  return {
    base,
    read: (address, lengthBytes) => {
      const range = ranges.find(
        (one) => address >= one.address && address + BigInt(lengthBytes ?? 0) <= one.address + BigInt(one.lengthBytes),
      );
      if (range === undefined) return undefined;
      return readCode(address, lengthBytes ?? range.lengthBytes - Number(address - range.address));
    },
  };
};

const listBrought = ({ symbols }: DynamicInfo): ReadonlyMap<string, readonly DynamicSymbol[]> =>
  Map.groupBy(
    symbols.filter(({ section, binding, name }) => section !== 0 && binding !== 'local' && name !== ''),
    ({ name }) => name,
  );

/** What is no library is none that brings anything. */
const orUndefined = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  }
};
