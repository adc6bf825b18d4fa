// Labs of this machine by name.
import { LabError } from '@tearless/lab/base/lab-error.ts';
import { type LabRecord, listLabs, readLab } from '@tearless/lab/base/lab-state.ts';

/** @throws LabError `lab-missing` naming those that are there */
export const findLab = (name: string): LabRecord => {
  const record = readLab(name);
  if (record !== undefined) return record;
  const names = listLabs();
  throw new LabError('lab-missing', `there is no lab ${name}`, {
    kind: 'usage',
    hint: names.length === 0 ? `tearless lab up ${name}` : `labs on this machine: ${names.join(', ')}`,
  });
};
