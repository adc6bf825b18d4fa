// Applies a plan batch after batch. A failure beyond what the plan allows stops it; then the batch at hand goes back.
import { Bug } from '../base/error.ts';
import { applyItem } from './apply-item.ts';
import type { Failure } from './change-error.ts';
import type { RunOutcome } from './event.ts';
import { runPool } from './pool.ts';
import type { BoundItem } from './registry.ts';
import { isStopped, type Session } from './session.ts';
import { undoItem } from './undo-item.ts';
import { undoBatch } from './undo-run.ts';

const boundItem = (session: Session, id: string): BoundItem => {
  const item = session.items.get(id);
  if (item === undefined) throw new Bug(`the plan ${session.plan.id} has no item ${id}`);
  return item;
};

const failuresOf = (session: Session): number =>
  session.plan.items.filter((item) => session.fold.item(item.id).failure !== undefined).length;

/** A failed item within what the plan allows goes back at once, alone; one too many halts the batch. */
const meetFailure = async (session: Session, item: BoundItem): Promise<Failure | undefined> => {
  const { failure } = session.fold.item(item.id);
  if (failuresOf(session) > session.plan.maxFail) {
    session.halt.abort(new Error('too many items failed'));
    return failure;
  }
  await undoItem(session, item);
  return undefined;
};

/** @returns the failure that was one too many */
const applyToItem = async (session: Session, item: BoundItem): Promise<Failure | undefined> => {
  const { phase } = session.fold.item(item.id);
  switch (phase) {
    case 'undone':
      return undefined;
    case 'undoing':
    case 'undo-failed':
      await undoItem(session, item);
      return undefined;
    case 'failed':
      return meetFailure(session, item);
    case 'done':
      if (!session.recheck) return undefined;
      break;
    case 'pending':
    case 'running':
      break;
  }
  return (await applyItem(session, item)) === 'failed' ? meetFailure(session, item) : undefined;
};

/** @returns the failure that stops the run, if one does */
const applyBatch = async (session: Session, ids: readonly string[]): Promise<Failure | undefined> => {
  let stopping: Failure | undefined;
  const act = async (item: BoundItem): Promise<void> => {
    if (isStopped(session) || session.halt.signal.aborted) return;
    stopping = (await applyToItem(session, item)) ?? stopping;
  };
  const items = ids.map((id) => boundItem(session, id));
  await runPool(items, session.limits, (item) => item.host, act);
  return stopping;
};

/** How a run ended that came through all its batches. */
const judgeItems = (session: Session): RunOutcome => {
  const states = session.plan.items.map((item) => session.fold.item(item.id));
  if (states.every((item) => item.phase === 'done')) return 'done';
  return states.every((item) => item.phase === 'done' || item.phase === 'undone') ? 'failed-undone' : 'failed';
};

/** Applies what is left of the plan. */
export const applyRun = async (session: Session): Promise<RunOutcome> => {
  const { journal, fold, point } = session;
  for (const [batch, ids] of session.plan.batches.entries()) {
    const settled = (id: string): boolean => ['done', 'undone'].includes(fold.item(id).phase);
    if (ids.every(settled) && !session.recheck) continue;
    if (isStopped(session)) return 'interrupted';
    await journal.record({ kind: 'batch.started', batch, items: ids });
    const failure = await applyBatch(session, ids);
    if (failure !== undefined) {
      await journal.record({ kind: 'run.stopped', batch, failure });
      await point('run-stopped');
      return undoBatch(session, batch);
    }
    if (isStopped(session) && !ids.every(settled)) return 'interrupted';
    await journal.record({ kind: 'batch.done', batch });
    await point('batch-done');
  }
  return judgeItems(session);
};
