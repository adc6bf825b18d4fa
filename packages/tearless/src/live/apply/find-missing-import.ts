// Whether a process has what new code asks libraries for, before anything is touched: of two builds alone nobody can tell.
import { findImport } from '../link/find-import.ts';
import { LiveError } from '../live-error.ts';
import { lookAt } from '../process/look.ts';
import { libraryRanges, listLibraryPaths, readMappedLibraries } from '../process/mapped-libraries.ts';
import type { LiveBuild } from './live-build.ts';
import { compareOnce } from './prepare-update.ts';
import type { LiveContext, Running } from './read-running.ts';

/** Why it has not; undefined where it has. Asks the host only where something is new. @throws HostError */
export const findMissingImport = async (
  context: LiveContext,
  instance: string,
  { look: { mappings } }: Pick<Running, 'look'>,
  former: LiveBuild,
  next: LiveBuild,
): Promise<string | undefined> => {
  const { newImports } = compareOnce(former, next).differences;
  const names = newImports.flatMap(({ name, kind }) => (kind === 'brought' ? [name] : []));
  if (names.length === 0) return undefined;
  const paths = listLibraryPaths(mappings);
  const { memory } = await lookAt(context, instance, libraryRanges(mappings, paths));
  const readCode = (address: bigint, lengthBytes: number): Uint8Array => memory.read(address, lengthBytes);
  const libraries = readMappedLibraries({ mappings, readCode }, paths);
  for (const name of names) {
    try {
      findImport(name, next.side.image.asked, libraries);
    } catch (error) {
      if (error instanceof LiveError && error.kind === 'refused') return error.message;
      throw error;
    }
  }
  return undefined;
};
