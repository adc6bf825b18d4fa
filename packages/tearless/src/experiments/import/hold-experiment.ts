// One import of an experiment at a time, over all processes of this machine: a lock in the store.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { readHolderState, readOwnHolder, renderHolder } from '../../store/holder.ts';
import { releaseStoredLock, takeStoredLock } from '../../store/locks.ts';
import type { Store } from '../../store/store.ts';
import { ExperimentError } from '../model/experiment-error.ts';

/**
 * Holds the experiment until it is disposed. What a process left that is gone is taken over.
 * @throws ExperimentError `experiment-held`
 */
export const holdExperiment = async (store: Store, id: string, clock: Clock): Promise<AsyncDisposable> => {
  const name = `experiment/${id}`;
  const run = `import-${randomUUID()}`;
  await takeStoredLock(store, { name, run, holder: readOwnHolder(), sinceMs: clock.now() }, ({ holder }) => {
    if (readHolderState(holder) === 'gone') return;
    throw new ExperimentError({
      kind: 'locked',
      code: 'experiment-held',
      message: `${renderHolder(holder)} changes the experiment ${id}`,
      hint: 'wait until it has finished, then try again',
      retryable: true,
      subject: id,
    });
  });
  return { [Symbol.asyncDispose]: () => releaseStoredLock(store, name, run) };
};
