// The first bytes of those files, in base64, for @tearless/elf to find the build-id in. Reads f_elf_files.
import { findBuildId } from '@tearless/elf/build-id.ts';
import { ElfError } from '@tearless/elf/error.ts';
import { FactsError } from '../error.ts';
import { type ExpectedFile, splitFramed } from '../framed.ts';
import { elfHeadBytes } from './elf-files.ts';
import type { Fact } from './fact.ts';

export const elfHeads: Fact = {
  name: 'elf-heads',
  script: `[ -n "\${f_elf_files-}" ] || return 0
printf '%s\\n' "$f_elf_files" | xargs -d '\\n' head -v -c ${elfHeadBytes} -- 2>/dev/null | base64 -w 0`,
};

/**
 * Build-id by path; undefined for a file that has none, or whose note lies beyond its first bytes. A file that could
 * not be read is absent.
 */
export const parseElfHeads = (text: string, files: readonly ExpectedFile[]): Map<string, string | undefined> => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw new FactsError({ fact: 'elf-heads', line: 1, problem: 'expected base64' });
  const heads = splitFramed(Buffer.from(text, 'base64'), files);
  if (heads === undefined)
    throw new FactsError({ fact: 'elf-heads', problem: 'files and their sizes do not fit', retryable: true });
  const buildIds = new Map<string, string | undefined>();
  for (const [path, head] of heads) {
    try {
      buildIds.set(path, findBuildId(head));
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
      // A 32-bit library among the candidates is no allocator for this tor; a note far away cannot be had.
      if (error.code === 'elf-truncated') buildIds.set(path, undefined);
    }
  }
  return buildIds;
};
