// Small documents that go with an experiment, by kind: looks of a watch, checklists of an end.
import type { JsonValue } from '../../base/json.ts';
import { appendNote, findStoredExperiment, readNotes } from '../../store/experiments.ts';
import type { Store } from '../../store/store.ts';
import { unknownExperiment } from '../model/experiment-error.ts';

export interface ExperimentNote {
  /** Its number within the experiment. */
  readonly seq: number;
  readonly atMs: number;
  readonly value: JsonValue;
}

/**
 * @returns its number
 * @throws ExperimentError `experiment-unknown`
 */
export const addExperimentNote = async (
  store: Store,
  id: string,
  note: { readonly kind: string; readonly atMs: number; readonly value: JsonValue },
): Promise<number> => {
  if ((await findStoredExperiment(store, id)) === undefined) throw unknownExperiment(id);
  return appendNote(store, id, { kind: note.kind, atMs: note.atMs, json: JSON.stringify(note.value) });
};

/** In the order in which they were written; the caller checks their form. */
export const experimentNotes = async (store: Store, id: string, kind: string): Promise<readonly ExperimentNote[]> =>
  (await readNotes(store, id, kind)).map(({ seq, atMs, json }) => ({
    seq,
    atMs,
    value: JSON.parse(json) as JsonValue,
  }));
