// Which allocator a process runs with, and which libraries lie ready: by what is in the files, and only then by name.
import type { AllocatorLibrary, AllocatorName, PackageFacts, ProcessFacts } from './observed.ts';
import type { MappedObject } from './sections/mapped-objects.ts';
import { mergedPath } from './sections/package-files.ts';

/** What is known about library files: build-ids and contents by the path under which each was read. */
export interface LibraryKnowledge {
  readonly buildIds: ReadonlyMap<string, string | undefined>;
  readonly markers: ReadonlyMap<string, ReadonlySet<AllocatorName>>;
  /** Package name by path. */
  readonly owners: ReadonlyMap<string, string>;
  readonly packages: readonly PackageFacts[];
}

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const isGlibc = (path: string): boolean => /^libc(\.so\.6|-2\.\d+\.so)$/.test(fileName(path));

/** The allocator that a library's file name promises. */
const allocatorOfName = (path: string): AllocatorName => {
  if (isGlibc(path)) return 'glibc';
  return (/^lib(mimalloc|jemalloc|tcmalloc)/.exec(fileName(path))?.[1] ?? 'unknown') as AllocatorName;
};

/**
 * The allocator that a file is: what its contents show, or what its name says where they show nothing or several.
 * @param contents allocators whose own texts or symbols were found in the file
 */
export const nameAllocator = (path: string, contents: ReadonlySet<AllocatorName> | undefined): AllocatorName => {
  const promised = allocatorOfName(path);
  if (contents === undefined || contents.size === 0) return promised;
  const [only] = contents;
  return contents.size === 1 && only !== undefined ? only : promised;
};

const ownerOf = (path: string, { owners, packages }: LibraryKnowledge): AllocatorLibrary['package'] => {
  const owner = packages.find(({ name }) => name === owners.get(mergedPath(path)));
  return owner === undefined ? undefined : { name: owner.name, version: owner.version };
};

const describe = (path: string, readAt: string, installed: boolean, knowledge: LibraryKnowledge): AllocatorLibrary => {
  const buildId = knowledge.buildIds.get(readAt);
  // The package's version is that of the file that lies there now, not of one that was replaced.
  const owner = installed ? ownerOf(path, knowledge) : undefined;
  return {
    allocator: nameAllocator(path, knowledge.markers.get(readAt)),
    path,
    ...(buildId === undefined ? {} : { buildId }),
    ...(owner === undefined ? {} : { package: owner }),
  };
};

/**
 * The libraries of the host that could be loaded, as far as they are 64-bit ELF files.
 * @param aliases other names by resolved path
 */
export const describeCandidates = (
  paths: readonly string[],
  aliases: ReadonlyMap<string, readonly string[]>,
  knowledge: LibraryKnowledge,
): AllocatorLibrary[] =>
  paths
    .filter((path) => knowledge.buildIds.has(path))
    .map((path) => {
      const names = aliases.get(path);
      return { ...describe(path, path, true, knowledge), ...(names === undefined ? {} : { aliases: names }) };
    });

export type LoadedAllocator = Pick<ProcessFacts, 'allocator' | 'allocatorReplaced' | 'preload'>;

// The dynamic linker takes malloc from the first object that has it: preloaded ones in the order of LD_PRELOAD.
const preloadRank = (path: string, preload: string | undefined): number => {
  const at = (preload ?? '').split(/[: \t]+/).findIndex((entry) => {
    const wanted = fileName(entry);
    const actual = fileName(path);
    // LD_PRELOAD names a link such as libmimalloc.so.2, the map the file libmimalloc.so.2.0 behind it.
    return wanted !== '' && (actual === wanted || actual.startsWith(`${wanted}.`) || wanted.startsWith(`${actual}.`));
  });
  return at < 0 ? Number.POSITIVE_INFINITY : at;
};

/**
 * The allocator among the files that a process executes code from; glibc when it maps no other. Undefined when not even
 * libc was seen, or the file could not be read.
 */
export const findLoadedAllocator = (
  mapped: readonly MappedObject[],
  preload: string | undefined,
  knowledge: LibraryKnowledge,
): LoadedAllocator | undefined => {
  const allocators = mapped
    .filter(({ path, mapFile }) => !isGlibc(path) && nameAllocator(path, knowledge.markers.get(mapFile)) !== 'unknown')
    .sort((a, b) => preloadRank(a.path, preload) - preloadRank(b.path, preload));
  const [first, second] = allocators;
  const object = first ?? mapped.find(({ path }) => isGlibc(path));
  if (object === undefined || !knowledge.buildIds.has(object.mapFile)) return undefined;
  const described = describe(object.path, object.mapFile, !object.deleted, knowledge);
  const undecided =
    second !== undefined &&
    first !== undefined &&
    preloadRank(first.path, preload) === preloadRank(second.path, preload);
  return {
    allocator: undecided ? { allocator: 'unknown', path: object.path } : described,
    allocatorReplaced: object.deleted,
    ...(preload === undefined ? {} : { preload }),
  };
};
