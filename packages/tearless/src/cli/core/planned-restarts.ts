// Restarts that runs of this operator plan, read from their journals while they are written: what traffic in a lab is told, so
// that it can tell a cut that was planned from one that was not.
import { parseEvent, parsePart } from '../../change/entry-format.ts';
import type { JournalEvent } from '../../change/event.ts';
import type { Plan } from '../../change/plan.ts';
import { listStoredRuns, readEntries } from '../../store/runs.ts';
import type { Store } from '../../store/store.ts';

/** Called with the relay (`host/instance`) and when it was. */
export interface RestartListener {
  begun(relay: string, atMs: number): void;
  /** Bootstrapped again. */
  over(relay: string, atMs: number): void;
}

/** Steps that interrupt, as `item step`. */
const interruptsOf = ({ items }: Plan): Set<string> =>
  new Set(
    items.flatMap(({ id, steps }) => steps.filter(({ symbol }) => symbol === '!').map((step) => `${id} ${step.id}`)),
  );

const tell = (event: JournalEvent, atMs: number, interrupts: ReadonlySet<string>, listener: RestartListener): void => {
  if (event.kind === 'step.intended' || event.kind === 'undo.step-intended') {
    if (interrupts.has(`${event.item} ${event.step}`)) listener.begun(event.item, atMs);
  } else if (event.kind === 'item.done' || event.kind === 'item.undone') listener.over(event.item, atMs);
  else if (event.kind === 'gate.passed' && event.gate === 'bootstrapped') listener.over(event.item, atMs);
};

/** Only the newest runs can be under way: a fleet has one at a time. */
const newest = 5;

/**
 * Each call reads what was written since the last; the first one only finds out where the journals end.
 * @returns the reader
 */
export const watchPlannedRestarts = (store: Store, listener: RestartListener): (() => Promise<void>) => {
  const known = new Map<string, { seq: number; readonly interrupts: ReadonlySet<string> }>();
  let isFirst = true;
  const read = async (): Promise<void> => {
    const skip = isFirst;
    isFirst = false;
    for (const { run, plan, outcome } of await listStoredRuns(store, { limit: newest })) {
      let state = known.get(run);
      if (state === undefined) {
        state = { seq: 0, interrupts: interruptsOf(parsePart(plan, `the plan of run ${run}`).plan) };
        known.set(run, state);
      }
      for (const entry of await readEntries(store, run, state.seq)) {
        state.seq = entry.seq;
        if (skip && outcome !== undefined) continue;
        tell(parseEvent(entry.event, `run ${run}`), entry.atMs, state.interrupts, listener);
      }
    }
  };
  // One after the other: each entry is told once.
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(read, read);
    return last;
  };
};
