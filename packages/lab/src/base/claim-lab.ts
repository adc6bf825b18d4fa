// Taking a lab's name: what a killed lab of that name left is removed first. A lab belongs to the process that claimed it,
// unless that process lets it live on its own.

import { cleanLab } from './clean-lab.ts';
import type { FileLock } from './file-lock.ts';
import { LabError } from './lab-error.ts';
import {
  createLab,
  isCreatorAlive,
  type LabRecord,
  labPaths,
  lockLab,
  readBootId,
  readLab,
  writeWhole,
} from './lab-state.ts';

/** True when nobody can want the lab any more: its creator died, or the machine was started again. */
export const isLeftOver = (record: LabRecord): boolean =>
  record.bootId !== readBootId() || (!record.detached && !isCreatorAlive(record));

/**
 * Claims a name for a new lab, whose creator this process is.
 * @throws LabError `lab-exists` when a lab of that name is in use; `lab-locked` when one is coming up or going down
 */
export const claimLab = async (name: string, timeoutMs = 30_000): Promise<LabRecord> => {
  await using _: FileLock = await lockLab(name, timeoutMs);
  const former = readLab(name);
  if (former !== undefined && !isLeftOver(former)) {
    throw new LabError('lab-exists', `there is a lab ${name} already, made by process ${former.creator.pid}`, {
      kind: 'conflict',
      hint: `bring it down first: tearless lab down ${name}`,
    });
  }
  await cleanLab(name);
  return await createLab(name);
};

/** Lets a lab live after this process ends: `lab down` or a reboot of the machine ends it. */
export const detachLab = (lab: LabRecord): LabRecord => {
  const detached = { ...lab, detached: true };
  writeWhole(labPaths(lab.name).record, `${JSON.stringify(detached, undefined, 2)}\n`);
  return detached;
};
