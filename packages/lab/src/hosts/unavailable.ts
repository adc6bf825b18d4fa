// Whether hosts can be had on this machine at all.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findHierarchies } from '../base/cgroups.ts';
import { readMounts } from '../base/mounts.ts';

const commands = ['systemd-nspawn', 'ip', 'nsenter', 'unshare', 'setpriv', 'flock', 'ssh', 'ssh-keygen', 'nc.openbsd'];

const isInstalled = (command: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));

/** Why this machine cannot have hosts, for a test to skip with and a person to read; undefined when it can. */
export const hostsUnavailableReason = (): string | undefined => {
  if (process.platform !== 'linux') return 'hosts need Linux';
  if (process.getuid?.() !== 0) return 'hosts need root, for namespaces and mounts';
  if (!existsSync('/usr/bin/apt-get')) return 'hosts are made from the Debian archive this machine uses; it has no apt';
  const missing = commands.filter((command) => !isInstalled(command));
  if (missing.length > 0) return `hosts need ${missing.join(', ')}: run scripts/setup.sh lab`;
  const allowed = spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true'], { stdio: 'ignore' });
  if (allowed.status !== 0) return 'this machine does not let root make namespaces (a container without privileges?)';
  const hierarchies = findHierarchies(readMounts());
  if (hierarchies.length === 0) return 'no control groups are mounted below /sys/fs/cgroup';
  return undefined;
};
