// The control groups of a lab's hosts: `tl-LAB/HOST` in every hierarchy that systemd uses, version 1, 2 or both.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from './lab-error.ts';
import { type Mount, readMounts } from './mounts.ts';
import { waitFor } from './wait.ts';

export type Hierarchy = { path: string; version: 1 | 2 };

const needed = ['name=systemd', 'memory', 'pids', 'cpu', 'cpuacct'];

/** The hierarchies a host needs a group in: those that count memory, tasks and CPU, and those that systemd names units in. */
export const findHierarchies = (mounts: readonly Mount[]): Hierarchy[] => {
  const found = mounts.flatMap((mount): Hierarchy[] => {
    if (!mount.path.startsWith('/sys/fs/cgroup')) return [];
    if (mount.type === 'cgroup2') return [{ path: mount.path, version: 2 }];
    const isNeeded = mount.type === 'cgroup' && mount.superOptions.some((option) => needed.includes(option));
    return isNeeded ? [{ path: mount.path, version: 1 }] : [];
  });
  return [...new Map(found.map((hierarchy) => [hierarchy.path, hierarchy])).values()];
};

const labGroup = (lab: string): string => `tl-${lab}`;

// Version 2 hands a controller down only where each group above says so.
const delegate = (folder: string): void => {
  const available = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' ');
  const wanted = ['memory', 'pids', 'cpu'].filter((controller) => available.includes(controller));
  if (wanted.length > 0) writeFileSync(join(folder, 'cgroup.subtree_control'), wanted.map((c) => `+${c}`).join(' '));
};

/** Makes a host's groups, for groups below them that hold its processes; gives their folders, one a hierarchy. */
export const makeCgroups = (lab: string, host: string): string[] =>
  findHierarchies(readMounts()).map(({ path, version }) => {
    const folder = join(path, labGroup(lab), host);
    mkdirSync(folder, { recursive: true });
    if (version === 2) for (const above of [path, join(path, labGroup(lab)), folder]) delegate(above);
    return folder;
  });

const subfolders = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => subfolders(join(folder, entry.name)))
      .concat(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
};

const groupFolders = (lab: string, host?: string): string[] =>
  findHierarchies(readMounts())
    .map(({ path }) => join(path, labGroup(lab), host ?? ''))
    .filter((folder) => existsSync(folder));

/** The processes in all groups of a lab, or of one of its hosts. */
export const readCgroupProcesses = (lab: string, host?: string): number[] => {
  const pids = new Set<number>();
  for (const folder of groupFolders(lab, host).flatMap(subfolders)) {
    try {
      const text = readFileSync(join(folder, 'cgroup.procs'), 'utf8');
      for (const line of text.split('\n')) if (line !== '' && line !== '0') pids.add(Number(line));
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) throw error;
    }
  }
  return [...pids];
};

/**
 * Ends every process in the groups of a lab, or of one host, by SIGKILL, all together: a container's manager that is
 * killed alone leaves its container running.
 */
export const killCgroups = async (lab: string, host?: string): Promise<void> => {
  await waitFor(
    () => {
      const pids = readCgroupProcesses(lab, host);
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch (error) {
          if (!isSystemError(error, 'ESRCH')) throw error;
        }
      }
      return pids.length === 0;
    },
    { what: `the processes of ${host ?? lab} to end`, timeoutMs: 60_000, intervalMs: 5 },
  );
};

/** Removes the groups of a lab, or of one host. Its processes must have ended. */
export const removeCgroups = async (lab: string, host?: string): Promise<void> => {
  await waitFor(
    () => {
      for (const folder of groupFolders(lab, host).flatMap(subfolders)) {
        try {
          rmdirSync(folder);
        } catch (error) {
          if (!isSystemError(error, 'EBUSY', 'ENOENT', 'ENOTEMPTY')) throw error;
        }
      }
      return groupFolders(lab, host).length === 0;
    },
    { what: `the control groups of ${host ?? lab} to become empty`, timeoutMs: 60_000, intervalMs: 5 },
  );
};
