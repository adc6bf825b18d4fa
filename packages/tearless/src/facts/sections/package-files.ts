// Which package each allocator library belongs to, from dpkg's own lists of files: asking dpkg would read all of them.
// Leaves f_package_files.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const packageFiles: Fact = {
  name: 'package-files',
  script: `f_package_files=
set --
for f_path in /var/lib/dpkg/info/libc6.list /var/lib/dpkg/info/libc6:*.list \\
  /var/lib/dpkg/info/libmimalloc*.list /var/lib/dpkg/info/libjemalloc*.list \\
  /var/lib/dpkg/info/libtcmalloc*.list /var/lib/dpkg/info/libgoogle-perftools*.list; do
  [ ! -f "$f_path" ] || set -- "$@" "$f_path"
done
[ "$#" -gt 0 ] || return 0
f_package_files=$(grep -HE '/(libc\\.so\\.6|lib(mimalloc|jemalloc|tcmalloc)[^/]*\\.so[.0-9]*)$' "$@") || [ "$?" -eq 1 ]
[ -z "$f_package_files" ] || printf '%s\\n' "$f_package_files"`,
};

/** /lib is a link to /usr/lib on every system Tearless knows, but older packages still list the former. */
export const mergedPath = (path: string): string => (/^\/lib(32|64|x32)?\//.test(path) ? `/usr${path}` : path);

/**
 * Package name by path (under /usr/lib).
 *
 * ```
 * /var/lib/dpkg/info/libjemalloc2:amd64.list:/usr/lib/x86_64-linux-gnu/libjemalloc.so.2
 * ```
 */
export const parsePackageFiles = (text: string): Map<string, string> => {
  const owners = new Map<string, string>();
  for (const line of linesOf('package-files', text)) {
    const [, name, path] = /^\/var\/lib\/dpkg\/info\/([^/:]+)(?::[a-z0-9-]+)?\.list:(\/.+)$/.exec(line.text) ?? [];
    if (name === undefined || path === undefined) throw unexpected('package-files', line, 'LIST:PATH');
    if (!owners.has(mergedPath(path))) owners.set(mergedPath(path), name);
  }
  return owners;
};
