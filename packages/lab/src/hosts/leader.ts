// The process 1 of a host, through which everything else of it is reached from outside.
import { readFileSync } from 'node:fs';
import { isSystemError } from '../base/lab-error.ts';
import { type ProcessIdentity, readChildren } from '../base/process-identity.ts';
import { readTrackedProcess } from '../base/tracked-process.ts';
import { type LabHost, supervisorId } from './host-record.ts';

const isFirstOfNamespace = (pid: number): boolean => {
  try {
    return /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH')) return false;
    throw error;
  }
};

/** The host's process 1, as this machine sees it; undefined while the host is down. */
export const readLeader = (host: LabHost): ProcessIdentity | undefined => {
  const supervisor = readTrackedProcess(host.lab, supervisorId(host));
  if (supervisor === undefined) return undefined;
  const containers = readChildren(supervisor.pid);
  return containers.flatMap(({ pid }) => readChildren(pid)).find(({ pid }) => isFirstOfNamespace(pid));
};
