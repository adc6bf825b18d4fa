// Runs as they stand in the store: one with all its items, or a list.
import type { Clock } from '../base/clock.ts';
import { readHolderState } from '../store/holder.ts';
import { findStoredRun, listStoredRuns, readEntries, type StoredEntry, type StoredRun } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { ChangeError } from './change-error.ts';
import { type PlanPart, parseEvent, parsePart } from './entry-format.ts';
import { isFinalOutcome, type RunOutcome } from './event.ts';
import { readFleetLock } from './fleet-lock.ts';
import { countingEntries, createFold, type JournalEntry, type RunFold } from './fold.ts';
import { readPart } from './plan-part.ts';
import type { RunState } from './state.ts';

/** A run with what its journal says, ready to be shown or continued. */
export interface LoadedRun {
  readonly run: string;
  readonly part: PlanPart;
  /** Those that count, in journal order. */
  readonly entries: readonly JournalEntry[];
  readonly fold: RunFold;
}

const toEntry = (run: string, stored: StoredEntry): JournalEntry => ({
  id: stored.id,
  atMs: stored.atMs,
  event: parseEvent(stored.event, `run ${run}, entry ${stored.id}`),
});

const loadStored = async (store: Store, stored: StoredRun): Promise<LoadedRun> => {
  const { run } = stored;
  const part = parsePart(stored.plan, `the plan of run ${run}`);
  const entries = countingEntries((await readEntries(store, run)).map((entry) => toEntry(run, entry)));
  const fold = createFold({ run, ...readPart(part), startedMs: stored.createdMs });
  for (const entry of entries) fold.add(entry);
  return { run, part, entries, fold };
};

/** @throws ChangeError `change-run-unknown` */
export const loadRun = async (store: Store, run: string): Promise<LoadedRun> => {
  const stored = await findStoredRun(store, run);
  if (stored !== undefined) return loadStored(store, stored);
  throw new ChangeError({
    kind: 'not-found',
    code: 'change-run-unknown',
    message: `there is no run ${run} in ${store.path}`,
    hint: `see \`tearless run ls\`; another operator's is read from its hosts: \`tearless run undo ${run} --from-hosts\``,
    subject: run,
  });
};

/** The state of one run. @throws ChangeError `change-run-unknown`, `change-journal-damaged` */
export const readRun = async (store: Store, run: string): Promise<RunState> => (await loadRun(store, run)).fold.state();

export interface RunSummary {
  readonly run: string;
  readonly fleet: string;
  readonly planId: string;
  readonly createdMs: number;
  readonly items: number;
  readonly outcome?: RunOutcome;
  /** `open`: not finished and nobody works on it: resume or undo it. `elsewhere`: its holder is on another machine. */
  readonly state: 'finished' | 'running' | 'open' | 'elsewhere';
}

const summarise = async (store: Store, stored: StoredRun): Promise<RunSummary> => {
  const part = parsePart(stored.plan, `the plan of run ${stored.run}`);
  const outcome = stored.outcome as RunOutcome | undefined;
  const lock = await readFleetLock(store, stored.fleet);
  const holder = lock?.run === stored.run ? readHolderState(lock.holder) : 'gone';
  const working = holder === 'alive' ? 'running' : holder === 'elsewhere' ? 'elsewhere' : 'open';
  return {
    run: stored.run,
    fleet: stored.fleet,
    planId: part.plan.id,
    createdMs: stored.createdMs,
    items: part.outline.length,
    ...(outcome === undefined ? {} : { outcome }),
    state: isFinalOutcome(outcome) ? 'finished' : outcome === undefined ? working : 'open',
  };
};

/** Newest first. */
export const listRuns = async (
  store: Store,
  filter: { readonly fleet?: string; readonly limit?: number } = {},
): Promise<RunSummary[]> => {
  const summaries: RunSummary[] = [];
  for (const stored of await listStoredRuns(store, filter)) summaries.push(await summarise(store, stored));
  return summaries;
};

/** A run's entries as they are written, also by another process, until it is finished or the signal ends it. */
export async function* followRun(
  store: Store,
  run: string,
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly pauseMs?: number },
): AsyncGenerator<JournalEntry> {
  await loadRun(store, run);
  let seq = 0;
  while (!options.signal.aborted) {
    let last: JournalEntry | undefined;
    for (const stored of await readEntries(store, run, seq)) {
      seq = stored.seq;
      last = toEntry(run, stored);
      yield last;
    }
    if (last?.event.kind === 'run.finished') return;
    await options.clock.sleep(options.pauseMs ?? 300, options.signal);
  }
}
