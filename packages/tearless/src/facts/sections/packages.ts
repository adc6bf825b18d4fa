// Installed Debian packages that matter to tor and its allocators, with their holds (dpkg-query(1), db:Status-Abbrev).
import type { PackageFacts } from '../observed.ts';
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const packages: Fact = {
  name: 'packages',
  // dpkg-query answers 1 when one of the patterns matches nothing.
  script: `dpkg-query -W -f='\${db:Status-Abbrev}\\t\${Package}\\t\${Architecture}\\t\${Version}\\n' \\
  tor libc6 'libmimalloc*' 'libjemalloc*' 'libtcmalloc*' 'libgoogle-perftools*' 2>/dev/null || [ "$?" -eq 1 ]`,
};

/**
 * ```
 * ii \ttor\tamd64\t0.4.9.11-0+deb12u1
 * hi \tlibjemalloc2\tamd64\t5.3.0-1
 * un \tlibmimalloc2.0\t\t
 * ```
 * The first letter is what is wanted (`h` hold), the second what is (`i` installed). Only what is installed is given.
 * A package of a second architecture is named `NAME:ARCHITECTURE`, as the first one of that name is not.
 */
export const parsePackages = (text: string): PackageFacts[] => {
  const found: PackageFacts[] = [];
  for (const line of linesOf('packages', text)) {
    const [, wanted, status, name, architecture, version] =
      /^([uihrp])([ncHUFWti])[ R]\t([a-z0-9][a-z0-9+.-]+)\t([a-z0-9-]*)\t(\S*)$/.exec(line.text) ?? [];
    if (wanted === undefined || name === undefined || version === undefined)
      throw unexpected('packages', line, 'STATUS NAME ARCHITECTURE VERSION');
    if (status !== 'i') continue;
    if (version === '') throw unexpected('packages', line, 'the version of an installed package');
    const taken = found.some((other) => other.name === name);
    found.push({ name: taken ? `${name}:${architecture}` : name, version, held: wanted === 'h' });
  }
  return found;
};
