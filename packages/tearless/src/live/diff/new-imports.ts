// Names that the next version asks libraries for and the former does not, or asks for otherwise. Whether the running program can have
// them depends on how they are asked for, and on what its process has loaded. Pure.
import type { ProgramImage } from '../image/program-image.ts';

export type NewImport = { readonly name: string } /** What a library of the process brings. */ & (
  | { readonly kind: 'brought'; readonly library: string | undefined; readonly version: string | undefined }
  /** Another version of what the former has. */
  | { readonly kind: 'version'; readonly former: string; readonly next: string }
  | { readonly kind: 'thread' }
  /** A library's variable that lies in the program's own memory from its start on. */
  | { readonly kind: 'copied' }
  /** Taken out of a static library when the program was linked. */
  | { readonly kind: 'static' }
);

/** What the linker makes itself. */
const madeByLinker: ReadonlySet<string> = new Set(['_GLOBAL_OFFSET_TABLE_']);

export const listNewImports = (former: ProgramImage, next: ProgramImage): NewImport[] =>
  [...next.imports].sort().flatMap((name): NewImport[] => {
    if (madeByLinker.has(name)) return [];
    const [was, is] = [former.asked.names.get(name), next.asked.names.get(name)];
    if (is?.isCopied === true && was?.isCopied !== true) return [{ name, kind: 'copied' }];
    if (former.imports.has(name)) {
      if (was !== undefined && is === undefined) return [{ name, kind: 'static' }];
      if (was?.version === undefined || is?.version === undefined || was.version === is.version) return [];
      return [{ name, kind: 'version', former: was.version, next: is.version }];
    }
    if (is === undefined) return [{ name, kind: 'static' }];
    if (is.isThread) return [{ name, kind: 'thread' }];
    return [{ name, kind: 'brought', library: is.library, version: is.version }];
  });
