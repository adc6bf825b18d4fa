// Sizes of the files whose build-ids count: candidates, mapped allocators, libc and tor itself. A mapped file is read
// where the kernel keeps it (/proc/PID/map_files), so that a replaced or deleted one is the one that runs.
// Reads f_candidates, f_markers, f_objects; leaves f_elf_files.
import type { ExpectedFile } from '../framed.ts';
import type { Fact } from './fact.ts';
import { linesOf, parseCount, unexpected } from './lines.ts';

/** Enough for the note segments of every common linker; they stand right behind the program headers. */
export const elfHeadBytes = 4096;

export const elfFiles: Fact = {
  name: 'elf-files',
  script: `f_elf_files=$(
  {
    printf '%s\\n' "\${f_candidates-}"
    printf '%s\\n' "\${f_markers-}" | sed 's/:[^:]*$//'
    printf '%s\\n' "\${f_objects-}" | awk '
      $1 == "object" && /\\/(libc\\.so\\.6|libc-2\\.[0-9]+\\.so|tor)( \\(deleted\\))?$/ { print "/proc/" $3 "/map_files/" $4 }'
  } | awk 'NF && !seen[$0]++'
)
[ -n "$f_elf_files" ] || return 0
printf '%s\\n' "$f_elf_files" | xargs -d '\\n' stat -L -c '%s %n' -- 2>/dev/null || [ "$?" -eq 123 ]`,
};

/** `157528 /usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0` */
export const parseElfFiles = (text: string): ExpectedFile[] =>
  linesOf('elf-files', text).map((line) => {
    const [, size = '', path] = /^(\d+) (\/.+)$/.exec(line.text) ?? [];
    const bytes = parseCount(size);
    if (bytes === undefined || path === undefined) throw unexpected('elf-files', line, 'SIZE PATH');
    return { path, bytes: Math.min(bytes, elfHeadBytes) };
  });
