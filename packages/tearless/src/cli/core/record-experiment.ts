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

/**
 * @param fleet its name: what is collected of the whole fleet is kept under it, and would mix with what an experiment collects
 * @throws CliError `experiment-name-taken` also when the store has an experiment of that name that was imported
 */
export const checkNameFree = async (store: Store, name: string, fleet: string): Promise<void> => {
  if (name === fleet)
    throw refusal({
      code: 'experiment-name-taken',
      message: `the samples of the whole fleet are kept under the name ${name}`,
      subject: name,
      hint: 'give the experiment another name',
    });
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

export interface RecordedInstants {
  readonly startMs: number;
  /** When the first relay is about to be changed; undefined: as it is recorded already. */
  readonly beganMs?: number;
}

/** Adds it, or brings what is recorded of it up to date. */
export const recordExperiment = async (
  store: Store,
  name: string,
  experiment: ExperimentConfig,
  { hosts }: FleetObservation,
  { clock, startMs, beganMs }: RecordedInstants & { readonly clock: Clock },
): Promise<void> => {
  const identityOf = (relay: string) => {
    const [host = '', instance = ''] = relay.split('/');
    const { nickname, fingerprint } = hosts.get(host)?.instances.find((entry) => entry.name === instance) ?? {};
    return { ...(nickname === undefined ? {} : { nickname }), ...(fingerprint === undefined ? {} : { fingerprint }) };
  };
  const standing = beganMs === undefined ? await findStoredExperiment(store, name) : undefined;
  const began = standing === undefined ? beganMs : (await readDeclared(store, name)).info?.beganMs;
  const info = toExperimentInfo(name, experiment, { startMs, ...(began === undefined ? {} : { beganMs: began }) });
  await declareExperiment(store, info, toExperimentRelays(experiment, identityOf), { clock, replace: true });
};
