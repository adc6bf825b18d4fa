// Journal entries → state of a run. Pure: the engine and every reader see a run through this one function.
import { type ItemEvent, isItemEvent, type JournalEvent, type RunWideEvent } from './event.ts';
import { type ItemState, type RunState, type StepState, stepOf } from './state.ts';

export interface JournalEntry {
  /** Unique within the run on every machine that ever wrote to it. */
  readonly id: string;
  readonly atMs: number;
  readonly event: JournalEvent;
}

const emptyItem = (id: string): ItemState => ({ id, phase: 'pending', steps: {}, gates: {}, unknown: false });

const withStep = (item: ItemState, step: string, change: Partial<StepState>): ItemState => ({
  ...item,
  steps: { ...item.steps, [step]: { ...stepOf(item, step), ...change } },
});

const foldItem = (item: ItemState, event: ItemEvent): ItemState => {
  switch (event.kind) {
    case 'item.started':
      return { ...item, phase: 'running', unknown: false };
    case 'item.prepared':
      return Object.entries(event.memories).reduce((at, [step, memory]) => withStep(at, step, { memory }), item);
    case 'step.skipped':
      return withStep(item, event.step, { progress: 'skipped' });
    case 'step.intended':
      return withStep(item, event.step, {
        progress: 'intended',
        ...(event.memory === undefined ? {} : { memory: event.memory }),
      });
    case 'step.done':
      return withStep(item, event.step, { progress: 'done' });
    case 'step.verified':
      return withStep(item, event.step, { progress: 'verified', evidence: event.evidence });
    case 'step.failed':
    case 'gate.failed':
      return item;
    case 'gate.passed':
      return { ...item, gates: { ...item.gates, [event.gate]: event.evidence } };
    case 'item.done':
      return { ...item, phase: 'done' };
    case 'item.failed':
      return { ...item, phase: 'failed', failure: event.failure, unknown: event.unknown };
    case 'item.undo-started':
      return { ...item, phase: 'undoing' };
    case 'undo.step-intended':
      return withStep(item, event.step, { undo: 'intended' });
    case 'undo.step-done':
      return withStep(item, event.step, { undo: 'done' });
    case 'item.undone':
      return { ...item, phase: 'undone', unknown: false };
    case 'item.undo-failed':
      return { ...item, phase: 'undo-failed', failure: item.failure ?? event.failure };
  }
};

type RunHead = Omit<RunState, 'items'>;

const foldHead = (head: RunHead, event: RunWideEvent, atMs: number): RunHead => {
  switch (event.kind) {
    case 'run.started':
      return { ...head, by: event.by, startedMs: atMs };
    case 'run.resumed': {
      const { outcome: _, ...open } = head;
      // Killed right after this, before anything went back, it still is to go back.
      return { ...open, by: event.by, ...(event.direction === 'undo' ? { undo: { scope: 'run' } } : {}) };
    }
    case 'run.stopped':
      return { ...head, stopped: { batch: event.batch, failure: event.failure } };
    case 'undo.started':
      return { ...head, undo: event.batch === undefined ? { scope: 'run' } : { scope: 'batch', batch: event.batch } };
    case 'run.finished':
      return { ...head, outcome: event.outcome };
    case 'batch.started':
    case 'batch.done':
    case 'journal.dropped':
      return head;
  }
};

/** A run as far as its entries have been added. */
export interface RunFold {
  add(entry: JournalEntry): void;
  item(id: string): ItemState;
  state(): RunState;
}

/** @param start the run before its first entry: plan and times */
export const createFold = (start: Omit<RunState, 'items' | 'lastMs'>): RunFold => {
  let head: RunHead = { ...start, lastMs: start.startedMs };
  const items = new Map(start.plan.items.map((item) => [item.id, emptyItem(item.id)]));
  const item = (id: string): ItemState => items.get(id) ?? emptyItem(id);
  return {
    item,
    add: ({ event, atMs }) => {
      head = { ...head, lastMs: Math.max(head.lastMs, atMs) };
      if (isItemEvent(event)) items.set(event.item, foldItem(item(event.item), event));
      else head = foldHead(head, event, atMs);
    },
    state: () => ({ ...head, items: Object.fromEntries(items) }),
  };
};

/** Entries that count: all but those dropped because the host never got them. */
export const countingEntries = (entries: readonly JournalEntry[]): JournalEntry[] => {
  const dropped = new Set(entries.flatMap(({ event }) => (event.kind === 'journal.dropped' ? event.ids : [])));
  return entries.filter((entry) => !dropped.has(entry.id));
};
