// Removes whatever a lab has on this machine, orderly shut down or not: processes, mounts, namespaces, control groups,
// files. All of it is found by the lab's name alone.
import { killCgroups, removeCgroups } from './cgroups.ts';
import { isSystemError } from './lab-error.ts';
import { parseLabName } from './lab-name.ts';
import { labPaths, readBootId, readLab, removeLab } from './lab-state.ts';
import { unmountBelow } from './mounts.ts';
import { deleteNamespace, listNamespaces, readNamespaceProcesses } from './namespaces.ts';
import { isAlive, type ProcessIdentity, readProcess } from './process-identity.ts';
import { findMarkedProcesses, readTrackedProcesses, stopProcess } from './tracked-process.ts';

const findProcesses = async (name: string, isThisBoot: boolean): Promise<ProcessIdentity[]> => {
  const inNamespaces = await Promise.all(listNamespaces(name).map(readNamespaceProcesses));
  return [
    ...(isThisBoot ? readTrackedProcesses(name).filter(isAlive) : []),
    ...findMarkedProcesses(name),
    ...inNamespaces.flat().flatMap((pid) => (pid === process.pid ? [] : (readProcess(pid) ?? []))),
  ];
};

/**
 * Removes everything of a lab; does nothing when there is nothing. Call it with the lock held (`dropLab` does).
 * Its processes are killed: where a host or tor shall end in an orderly way, stop it before.
 */
export const cleanLab = async (name: string): Promise<void> => {
  parseLabName(name);
  // A record of before the machine's last start names pids that are others' now.
  const isThisBoot = readLab(name)?.bootId === readBootId();
  await killCgroups(name);
  for (
    let left = await findProcesses(name, isThisBoot);
    left.length > 0;
    left = await findProcesses(name, isThisBoot)
  ) {
    await Promise.all(left.map((identity) => stopProcess(identity, { signal: 'SIGKILL' })));
    await killCgroups(name);
  }
  await unmountBelow(labPaths(name).folder);
  for (const namespace of listNamespaces(name)) await deleteNamespace(namespace);
  await removeCgroups(name);
  try {
    removeLab(name);
  } catch (error) {
    // A mount that could only be let go lazily frees its folder a moment later.
    if (!isSystemError(error, 'EBUSY')) throw error;
    await unmountBelow(labPaths(name).folder);
    removeLab(name);
  }
};
