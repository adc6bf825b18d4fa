// Other names of libraries: links that lead to them, as packages bring them, LD_PRELOAD names them, or they were asked for.
// Reads f_package_files, f_shown, f_wanted.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const libraryAliases: Fact = {
  name: 'library-aliases',
  script: `{
  printf '%s\\n' "\${f_package_files-}" | sed -n 's/^[^:]*:\\([a-z0-9-]*\\.list:\\)\\{0,1\\}//p' | grep -E 'malloc[^/]*\\.so[^/]*$'
  printf '%s\\n' "\${f_shown-}" | grep -oE 'LD_PRELOAD=[^ "]+' | sed 's/^LD_PRELOAD=//' | tr ':' '\\n' | grep '^/'
  printf '%s\\n' "\${f_wanted-}" | grep '^/'
} | sort -u | while IFS= read -r f_path; do
  f_real=$(readlink -e -- "$f_path") || continue
  [ "$f_real" = "$f_path" ] || printf '%s\\t%s\\n' "$f_real" "$f_path"
done`,
};

/** Aliases by the resolved path that they lead to, from `RESOLVED<tab>ALIAS` lines. */
export const parseLibraryAliases = (text: string): ReadonlyMap<string, readonly string[]> => {
  const aliases = new Map<string, string[]>();
  for (const line of linesOf('library-aliases', text)) {
    const [, real, alias] = /^(\/[^\t]*)\t(\/[^\t]*)$/.exec(line.text) ?? [];
    if (real === undefined || alias === undefined) throw unexpected('library-aliases', line, 'PATH<tab>PATH');
    aliases.set(real, [...(aliases.get(real) ?? []), alias]);
  }
  return aliases;
};
