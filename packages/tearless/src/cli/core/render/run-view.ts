// What a watcher of a run knows at a moment, folded from its events. Pure: the live display and summaries draw from it.
import type { RunEvent, RunOutcome } from '../../../change/event.ts';
import type { Plan } from '../../../change/plan.ts';

export type ItemPhase = 'waiting' | 'changing' | 'gating' | 'done' | 'same' | 'failed' | 'undoing' | 'undone';

export interface ItemView {
  readonly id: string;
  readonly phase: ItemPhase;
  /** What goes on, or what came out. */
  readonly note: string;
  readonly sinceMs: number;
}

export interface RunView {
  readonly plan: Plan;
  readonly startedMs: number;
  /** Index of the batch that goes on; -1 before the first. */
  readonly batch: number;
  readonly undoing: boolean;
  readonly items: ReadonlyMap<string, ItemView>;
  readonly notice: string | undefined;
  readonly outcome: RunOutcome | undefined;
}

export const startView = (plan: Plan, startedMs: number): RunView => ({
  plan,
  startedMs,
  batch: -1,
  undoing: false,
  items: new Map(plan.items.map(({ id }) => [id, { id, phase: 'waiting', note: '', sinceMs: startedMs }])),
  notice: undefined,
  outcome: undefined,
});

const summaryOf = (plan: Plan, itemId: string, part: 'steps' | 'gates' | 'undoGates', id: string): string =>
  plan.items.find((item) => item.id === itemId)?.[part].find((spec) => spec.id === id)?.summary ?? id;

const change = (view: RunView, id: string, atMs: number, phase: ItemPhase, note: string): RunView => {
  const before = view.items.get(id);
  const sinceMs = before !== undefined && before.phase === phase && before.note === note ? before.sinceMs : atMs;
  return { ...view, items: new Map(view.items).set(id, { id, phase, note, sinceMs }) };
};

/** The view after one more event. */
export const foldEvent = (view: RunView, event: RunEvent, atMs: number): RunView => {
  const phase = (): ItemPhase => ('direction' in event && event.direction === 'undo' ? 'undoing' : 'gating');
  switch (event.kind) {
    case 'batch.started':
      return { ...view, batch: event.batch };
    case 'item.started':
      return change(view, event.item, atMs, 'changing', 'looks at what is there');
    case 'step.started':
      return change(view, event.item, atMs, event.direction === 'undo' ? 'undoing' : 'changing', event.summary);
    case 'step.done':
      return change(
        view,
        event.item,
        atMs,
        'changing',
        `proves: ${summaryOf(view.plan, event.item, 'steps', event.step)}`,
      );
    case 'step.failed':
      return change(view, event.item, atMs, 'failed', event.failure.message);
    case 'gate.waiting':
      return change(view, event.item, atMs, phase(), event.message);
    case 'gate.failed':
      return change(view, event.item, atMs, 'failed', event.failure.message);
    case 'item.done':
      return change(
        view,
        event.item,
        atMs,
        event.changed ? 'done' : 'same',
        event.changed ? 'changed and proved' : 'was so already',
      );
    case 'item.failed':
      return change(view, event.item, atMs, 'failed', event.failure.message);
    case 'item.undo-started':
      return change(view, event.item, atMs, 'undoing', 'goes back');
    case 'item.undone':
      return change(view, event.item, atMs, 'undone', 'as before');
    case 'item.undo-failed':
      return change(view, event.item, atMs, 'failed', `could not go back: ${event.failure.message}`);
    case 'host.unreachable':
      return {
        ...view,
        notice: `${event.host} does not answer; tries again in ${Math.ceil(event.retryInMs / 1000)} s`,
      };
    case 'run.stopped':
      return { ...view, notice: `stopped: ${event.failure.message}` };
    case 'undo.started':
      return {
        ...view,
        undoing: true,
        notice: event.batch !== undefined ? 'the batch goes back' : 'the run goes back',
      };
    case 'run.finished':
      return { ...view, outcome: event.outcome };
    default:
      return view;
  }
};
