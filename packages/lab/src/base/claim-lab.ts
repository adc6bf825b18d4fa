// Taking a lab's name: what killed labs left is removed first. A lab belongs to the process that claimed it,
// unless that process lets it live on its own.

import { cleanLab } from './clean-lab.ts';
import { LabError } from './lab-error.ts';
import { parseLabName } from './lab-name.ts';
import {
  createLab,
  isCreatorAlive,
  type LabRecord,
  labPaths,
  listLabs,
  lockLabs,
  lockTimeoutMs,
  readBootId,
  readLab,
  writeWhole,
} from './lab-state.ts';

/** True when nobody can want the lab any more: its creator died, or the machine was started again. */
export const isLeftOver = (record: LabRecord): boolean =>
  record.bootId !== readBootId() || (!record.detached && !isCreatorAlive(record));

/** Removes every lab that was left over by a process that died. Call it with the lock held. */
const cleanLeftOverLabs = async (): Promise<void> => {
  const leftOver = listLabs().filter((name) => {
    const record = readLab(name);
    return record !== undefined && isLeftOver(record);
  });
  for (const name of leftOver) await cleanLab(name);
};

/**
 * Claims a name for a new lab, whose creator this process is. What killed labs left, of this name or another, is removed.
 * @throws LabError `lab-exists` when a lab of that name is in use; `lab-locked` when another is claimed or removed all that time
 */
export const claimLab = async (name: string, timeoutMs = lockTimeoutMs): Promise<LabRecord> => {
  parseLabName(name);
  await using _ = await lockLabs(timeoutMs);
  await cleanLeftOverLabs();
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

/** Removes a lab and everything of it, whoever made it; does nothing when there is none. */
export const dropLab = async (name: string, timeoutMs = lockTimeoutMs): Promise<void> => {
  parseLabName(name);
  await using _ = await lockLabs(timeoutMs);
  await cleanLab(name);
};

/** Lets a lab live after this process ends: `lab down` or a reboot of the machine ends it. */
export const detachLab = (lab: LabRecord): LabRecord => {
  const detached = { ...lab, detached: true };
  writeWhole(labPaths(lab.name).record, `${JSON.stringify(detached, undefined, 2)}\n`);
  return detached;
};
