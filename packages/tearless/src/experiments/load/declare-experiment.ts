// Experiments that Tearless itself began: what they are and which relay has which arm, kept before anything is measured.
import type { Clock } from '../../base/clock.ts';
import {
  findStoredExperiment,
  insertExperiment,
  publishExperiment,
  readExperimentRelays,
  replaceExperimentRelays,
} from '../../store/experiments.ts';
import { inTransaction } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import type { ExperimentInfo, ExperimentRelay } from '../model/experiment.ts';
import { ExperimentError, unknownExperiment } from '../model/experiment-error.ts';
import { DeclaredExperiment, DeclaredRelay, parseStored } from './documents.ts';

/**
 * Keeps what an experiment is. Whether it is there already is asked in the same transaction.
 * @param options.replace what was declared before under that name is replaced; measurements stay
 * @throws ExperimentError `experiment-exists`
 */
export const declareExperiment = async (
  store: Store,
  info: ExperimentInfo,
  relays: readonly ExperimentRelay[],
  options: { readonly clock: Clock; readonly replace?: boolean },
): Promise<void> => {
  const standing = await findStoredExperiment(store, info.id);
  if (standing !== undefined && options.replace !== true)
    throw new ExperimentError({
      kind: 'refused',
      code: 'experiment-exists',
      message: `there is an experiment ${info.id} already`,
      hint: `give it another name, or see 'tearless experiment show ${info.id}'`,
      subject: info.id,
    });
  const before =
    standing === undefined ? {} : parseStored(DeclaredExperiment, standing.info, `the experiment ${info.id}`);
  const text = JSON.stringify({ ...before, info });
  await inTransaction(store, async (rows) => {
    await insertExperiment(rows, { id: info.id, createdMs: options.clock.now(), info: text }, 'live');
    await publishExperiment(rows, info.id, text);
    await replaceExperimentRelays(
      rows,
      info.id,
      relays.map((relay) => JSON.stringify(relay)),
    );
  });
};

export interface Declared {
  /** undefined for experiments that were only imported, or are only collected. */
  readonly info: ExperimentInfo | undefined;
  readonly relays: readonly ExperimentRelay[];
}

/**
 * What was declared, without what was measured.
 * @throws ExperimentError `experiment-unknown`
 */
export const readDeclared = async (store: Store, id: string): Promise<Declared> => {
  const standing = await findStoredExperiment(store, id);
  if (standing === undefined) throw unknownExperiment(id);
  const { info } = parseStored(DeclaredExperiment, standing.info, `the experiment ${id}`);
  const relays = (await readExperimentRelays(store, id)).map((text) =>
    parseStored(DeclaredRelay, text, `a relay of ${id}`),
  );
  return {
    info: info === undefined ? undefined : ({ ...info, control: info.control } as ExperimentInfo),
    relays: relays as readonly ExperimentRelay[],
  };
};
