// Reads hosts from outside, by another way and with other programs than the product uses, so that what it proves does not
// rest on the product's own word: every path with type, owner, mode, link and content, and how units are enabled.
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';

/** What tor itself writes while it runs; the directories' own times and these files are no part of a configuration. */
const torsOwn = [
  'state',
  'state.tmp',
  'lock',
  'cached-*',
  'diff-cache',
  'unverified-*',
  'stats',
  'sr-state',
  'router-stability',
  'keys',
  'approved-routers',
  'hashed-fingerprint',
  'pid',
  'fingerprint*',
];

/**
 * One line a path: type, mode, owner, group, link target, path, and for files the SHA-256 of the content.
 * Times and inode numbers are left out: a file that was restored is another file of the same content.
 */
const listing = `
set -eu
export LC_ALL=C
for root in /etc /usr/local /var/lib/tor /var/lib/tor-instances; do
  [ -e "$root" ] || continue
  find "$root" \\( -path '/var/lib/tor*' \\( ${torsOwn.map((name) => `-name '${name}'`).join(' -o ')} \\) -prune \\) -o -printf '%y %m %U:%G %l %p\\n'
done | sort
find /etc /usr/local -type f -print0 | sort -z | xargs -0 sha256sum
systemctl list-unit-files --no-legend --no-pager | awk '{print "unit", $1, $2}' | sort
apt-mark showhold | sed 's/^/hold /' | sort
dpkg-query -W -f 'package \${Package} \${Version} \${db:Status-Abbrev}\\n' | sort
`;

/** Everything of a host that an undo must leave as it was, as lines. */
export const readWhole = async (host: LabHost): Promise<string[]> =>
  (await execOnHost(host, ['sh', '-s'], { input: listing })).split('\n').filter((line) => line !== '');

/** Lines that stand on one side only. */
export const compareWhole = (before: readonly string[], after: readonly string[]): string[] => {
  const [earlier, later] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !later.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !earlier.has(line)).map((line) => `+ ${line}`),
  ];
};
