// The notes of an end: read as one state, written one by one.

import type { JsonValue } from '../../../base/json.ts';
import { readRun } from '../../../change/read-run.ts';
import {
  type ConclusionState,
  foldNotes,
  type Note,
  noteKind,
  nothingNoted,
} from '../../../experiments/conclude/conclusion-note.ts';
import { addExperimentNote, experimentNotes } from '../../../experiments/load/notes.ts';
import type { Store } from '../../../store/store.ts';

export const addNote = async (store: Store, id: string, atMs: number, note: Note): Promise<void> => {
  await addExperimentNote(store, id, { kind: noteKind, atMs, value: JSON.parse(JSON.stringify(note)) as JsonValue });
};

/** Runs that were never begun, because the process ended before, are left out. */
export const readConclusion = async (store: Store, id: string): Promise<ConclusionState> => {
  const state = foldNotes((await experimentNotes(store, id, noteKind)).map(({ value }) => value));
  const runs: string[] = [];
  let undone = 0;
  for (const run of state.runs) {
    const { outcome, items } = await readRun(store, run).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'change-run-unknown')
        return { outcome: undefined, items: undefined };
      throw error;
    });
    if (items === undefined) continue;
    runs.push(run);
    if (outcome === 'undone') undone += 1;
  }
  // Everything was taken back: the next call is a new end.
  if (runs.length > 0 && undone === runs.length) return nothingNoted;
  return { ...state, runs };
};
