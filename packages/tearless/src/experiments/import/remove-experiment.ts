// Takes an experiment out of the store with all that belongs to it.
import type { Clock } from '../../base/clock.ts';
import { deleteExperiment } from '../../store/experiments.ts';
import type { Store } from '../../store/store.ts';
import { unknownExperiment } from '../model/experiment-error.ts';
import { holdExperiment } from './hold-experiment.ts';

/** @throws ExperimentError `experiment-unknown`, `experiment-held` while an import of it goes on */
export const removeExperiment = async (store: Store, id: string, clock: Clock): Promise<void> => {
  await using _hold = await holdExperiment(store, id, clock);
  if (!(await deleteExperiment(store, id))) throw unknownExperiment(id);
};
