// A lab for one benchmark: nothing of it is left afterwards, whether the benchmark ended well, failed or was interrupted.
import { claimLab, dropLab } from '@tearless/lab/base/claim-lab.ts';
import type { LabRecord } from '@tearless/lab/base/lab-state.ts';

/** Claims a lab, works in it and removes it. An interruption (`signal`) ends the work where it waits next. */
export const withLab = async <T>(name: string, work: (lab: LabRecord) => Promise<T>): Promise<T> => {
  const lab = await claimLab(`bench-${name}-${process.pid}`);
  try {
    return await work(lab);
  } finally {
    await dropLab(lab.name);
  }
};
