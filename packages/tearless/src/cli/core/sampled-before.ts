// What was collected of the fleet before an experiment, where something was.
import { type PrePeriod, prePeriodFromSamples } from '../../experiments/design/pre-period.ts';
import { loadMeasurements } from '../../experiments/load/load-measurements.ts';
import { findStoredExperiment } from '../../store/experiments.ts';
import type { Fleet } from './fleet.ts';

/**
 * @param named an experiment of the store; without it the fleet's own collection, where there is one
 * @throws ExperimentError `experiment-unknown` for one that is named and not there
 */
export const readSampledBefore = async (
  fleet: Fleet,
  named: string | undefined,
): Promise<ReadonlyMap<string, PrePeriod>> => {
  const id = named ?? fleet.config.fleet;
  if (named === undefined && (await findStoredExperiment(fleet.store, id)) === undefined) return new Map();
  return prePeriodFromSamples(await loadMeasurements(fleet.store, id));
};
