// An experiment that Tearless starts, recorded in the store: collection, audit and report know it from there.
import type { ExperimentConfig } from '../../config/schema.ts';
import { toExperimentInfo, toExperimentRelays } from '../../experiments/design/experiment-info.ts';
import { DeclaredExperiment, parseStored } from '../../experiments/load/documents.ts';
import type { FleetObservation } from '../../relays/fleet-observation.ts';
import {
  findStoredExperiment,
  insertExperiment,
  inTransaction,
  publishExperiment,
  replaceExperimentRelays,
} from '../../store/experiments.ts';
import type { Store } from '../../store/store.ts';
import { refusal } from './cli-error.ts';

const isDeclared = (text: string, name: string): boolean =>
  parseStored(DeclaredExperiment, text, `experiment ${name}`).info !== undefined;

/** @throws CliError `experiment-name-taken` when the store has an experiment of that name that was imported */
export const checkNameFree = async (store: Store, name: string): Promise<void> => {
  const stored = await findStoredExperiment(store, name);
  if (stored === undefined || isDeclared(stored.info, name)) return;
  throw refusal({
    code: 'experiment-name-taken',
    message: `the store has an experiment ${name} that was imported`,
    subject: name,
    hint: `design it under another name, or take that one out with 'tearless experiment remove ${name}'`,
  });
};

/** Adds it, or brings what is recorded of it up to date. */
export const recordExperiment = async (
  store: Store,
  name: string,
  experiment: ExperimentConfig,
  { hosts }: FleetObservation,
  times: { readonly nowMs: number; readonly startMs: number },
): Promise<void> => {
  const info = JSON.stringify({ info: toExperimentInfo(name, experiment, times.startMs) });
  const identityOf = (relay: string) => {
    const [host = '', instance = ''] = relay.split('/');
    const { nickname, fingerprint } = hosts.get(host)?.instances.find((entry) => entry.name === instance) ?? {};
    return { ...(nickname === undefined ? {} : { nickname }), ...(fingerprint === undefined ? {} : { fingerprint }) };
  };
  const relays = toExperimentRelays(experiment, identityOf).map((relay) => JSON.stringify(relay));
  await inTransaction(store, async (rows) => {
    await insertExperiment(rows, { id: name, createdMs: times.nowMs, info }, 'live');
    await publishExperiment(rows, name, info);
    await replaceExperimentRelays(rows, name, relays);
  });
};
