// An experiment that Tearless starts, recorded in the store: collection, audit and report know it from there.
import type { Clock } from '../../base/clock.ts';
import type { ExperimentConfig } from '../../config/schema.ts';
import { toExperimentInfo, toExperimentRelays } from '../../experiments/design/experiment-info.ts';
import { declareExperiment, readDeclared } from '../../experiments/load/declare-experiment.ts';
import type { FleetObservation } from '../../relays/fleet-observation.ts';
import { readSources } from '../../store/experiment-sources.ts';
import { findStoredExperiment } from '../../store/experiments.ts';
import type { Store } from '../../store/store.ts';
import { refusal } from './cli-error.ts';

/** @throws CliError `experiment-name-taken` when the store has an experiment of that name that was imported */
export const checkNameFree = async (store: Store, name: string): Promise<void> => {
  if ((await findStoredExperiment(store, name)) === undefined) return;
  const { info } = await readDeclared(store, name);
  const sources = await readSources(store, name);
  // What was collected under that name belongs to it: the time before its start.
  if (info !== undefined || sources.every(({ kind }) => kind === 'collection')) return;
  throw refusal({
    code: 'experiment-name-taken',
    message: `the store has an experiment ${name} that was imported`,
    subject: name,
    hint: `design it under another name, or take that one out with 'tearless experiment remove ${name}'`,
  });
};

/** Adds it, or brings what is recorded of it up to date. */
export const recordExperiment = (
  store: Store,
  name: string,
  experiment: ExperimentConfig,
  { hosts }: FleetObservation,
  { clock, startMs }: { readonly clock: Clock; readonly startMs: number },
): Promise<void> => {
  const identityOf = (relay: string) => {
    const [host = '', instance = ''] = relay.split('/');
    const { nickname, fingerprint } = hosts.get(host)?.instances.find((entry) => entry.name === instance) ?? {};
    return { ...(nickname === undefined ? {} : { nickname }), ...(fingerprint === undefined ? {} : { fingerprint }) };
  };
  const info = toExperimentInfo(name, experiment, startMs);
  return declareExperiment(store, info, toExperimentRelays(experiment, identityOf), { clock, replace: true });
};
