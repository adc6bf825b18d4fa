// Libraries that could serve as allocators: of packages, under /usr/local and /opt, named by LD_PRELOAD of a unit, or
// asked for. Only ELF files are named, resolved. Reads f_package_files, f_shown, f_wanted; leaves f_candidates.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const libraryCandidates: Fact = {
  name: 'library-candidates',
  script: `f_candidates=$(
  {
    printf '%s\\n' "\${f_package_files-}" | sed -n 's/^[^:]*:\\([a-z0-9-]*\\.list:\\)\\{0,1\\}//p'
    for f_path in /usr/local/lib/lib*malloc*.so* /usr/local/lib/*/lib*malloc*.so* /usr/local/lib/*/*/lib*malloc*.so* \\
      /opt/lib*malloc*.so* /opt/*/lib*malloc*.so* /opt/*/lib/lib*malloc*.so*; do
      [ ! -f "$f_path" ] || printf '%s\\n' "$f_path"
    done
    printf '%s\\n' "\${f_shown-}" | grep -oE 'LD_PRELOAD=[^ "]+' | sed 's/^LD_PRELOAD=//' | tr ':' '\\n' | grep '^/'
    printf '%s\\n' "\${f_wanted-}" | grep '^/'
  } | xargs -r -d '\\n' readlink -e -- 2>/dev/null | awk '!seen[$0]++' |
    xargs -r -d '\\n' grep -slaE -m 1 -D skip -d skip "^$(printf '\\177')ELF" --
)
[ -z "$f_candidates" ] || printf '%s\\n' "$f_candidates"`,
};

/** Resolved paths, one a line. */
export const parseLibraryCandidates = (text: string): string[] =>
  linesOf('library-candidates', text).map((line) => {
    if (!line.text.startsWith('/')) throw unexpected('library-candidates', line, 'a path');
    return line.text;
  });
