// Texts and symbols that only an allocator's own code contains, looked for in the candidates and in everything that tor
// executes code from: tells a renamed or statically linked allocator. Reads f_candidates, f_objects; leaves
// f_map_files, f_markers.
import type { AllocatorName } from '../observed.ts';
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

const markers: Readonly<Record<string, AllocatorName>> = {
  '<jemalloc>': 'jemalloc',
  mi_malloc_aligned: 'mimalloc',
  tc_malloc_size: 'tcmalloc',
  TCMallocInternalMalloc: 'tcmalloc',
};

/** Texts and symbols to look for. */
export const allocatorTexts: readonly string[] = Object.keys(markers);

export const allocatorMarkers: Fact = {
  name: 'allocator-markers',
  script: `f_map_files=$(printf '%s\\n' "\${f_objects-}" | awk '$1 == "object" { print "/proc/" $3 "/map_files/" $4 }')
f_markers=$(
  printf '%s\\n%s\\n' "\${f_candidates-}" "$f_map_files" | awk 'NF' |
    xargs -r -d '\\n' grep -saoHF -D skip -d skip ${allocatorTexts
      .map((marker) => `-e '${marker}'`)
      .join(' ')} -- | awk '!seen[$0]++'
)
[ -z "$f_markers" ] || printf '%s\\n' "$f_markers"`,
};

/** `/usr/lib/x86_64-linux-gnu/libjemalloc.so.2:<jemalloc>`: the allocators found in each file, by its path. */
export const parseAllocatorMarkers = (text: string): Map<string, ReadonlySet<AllocatorName>> => {
  const found = new Map<string, Set<AllocatorName>>();
  for (const line of linesOf('allocator-markers', text)) {
    const at = line.text.lastIndexOf(':');
    const allocator = markers[line.text.slice(at + 1)];
    if (at < 1 || allocator === undefined) throw unexpected('allocator-markers', line, 'PATH:MARKER');
    const path = line.text.slice(0, at);
    found.set(path, (found.get(path) ?? new Set()).add(allocator));
  }
  return found;
};
