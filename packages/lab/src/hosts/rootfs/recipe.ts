// What a host's root file system consists of. Its hash names the cached result. Pure.
import { createHash } from 'node:crypto';
import { LabError } from '../../base/lab-error.ts';

export const suites = ['bookworm', 'trixie'] as const;
export type Suite = (typeof suites)[number];

export const parseSuite = (text: string): Suite => {
  const suite = suites.find((known) => known === text);
  if (suite !== undefined) return suite;
  const hint = `use ${suites.join(' or ')}`;
  throw new LabError('lab-unknown-suite', `the lab has no hosts of Debian ${JSON.stringify(text)}`, {
    kind: 'usage',
    hint,
  });
};

export type RootfsRecipe = {
  suite: Suite;
  packages: string[];
  /** The version to take when the mirror has it: the one of this machine, so that network and hosts run one tor. */
  torVersion: string | undefined;
  /** Scripts that make it: a change of them makes another root file system. */
  scripts: string[];
};

const common = [
  'adduser',
  'apt',
  'ca-certificates',
  'cron',
  'curl',
  'dbus',
  'iproute2',
  'libjemalloc2',
  'nginx-light',
  'openssh-server',
  'perl-base',
  'procps',
  'sudo',
  'systemd',
  'systemd-sysv',
  'tor',
];

// Debian 13 renamed the package of mimalloc; Debian 12 needs to be told not to convert a file system that is merged.
const ofSuite: Record<Suite, string[]> = {
  bookworm: ['libmimalloc2.0', 'usr-is-merged'],
  trixie: ['libmimalloc3'],
};

export const packagesOf = (suite: Suite, extra: readonly string[] = []): string[] =>
  [...new Set([...common, ...ofSuite[suite], ...extra])].sort();

/** The name of the folder that caches the result. */
export const cacheName = (recipe: RootfsRecipe): string => {
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
  return `rootfs-${recipe.suite}-${hash}`;
};
