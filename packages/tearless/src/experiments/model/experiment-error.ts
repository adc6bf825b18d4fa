// Errors about experiments: files that cannot be imported, experiments that are not there, data that does not allow what is asked.
import { TearlessError } from '../../base/error.ts';

export class ExperimentError extends TearlessError {}

/** @param id what was asked for */
export const unknownExperiment = (id: string): ExperimentError =>
  new ExperimentError({
    kind: 'not-found',
    code: 'experiment-unknown',
    message: `there is no experiment ${id}`,
    hint: "'tearless experiment ls' lists them; 'tearless experiment import' makes one from files",
    subject: id,
  });
