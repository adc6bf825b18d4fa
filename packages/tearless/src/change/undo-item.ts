// Brings one item back to its former state from what the journal remembers: states in reverse, then activations forward, then gates.
import { Bug } from '../base/error.ts';
import { describeFailure, type Failure, isUnreachable } from './change-error.ts';
import { passGates } from './gates.ts';
import type { BoundItem, BoundStep } from './registry.ts';
import { withRetries } from './retry.ts';
import { contextOf, isStopped, type Session } from './session.ts';
import { isBegun, isTouched, stepOf } from './state.ts';

export type UndoResult =
  | { readonly status: 'undone' | 'stopped' }
  /** `gate`: restored, but the daemon is not well: going on could take more down. */
  | { readonly status: 'failed'; readonly at: 'step' | 'gate'; readonly failure: Failure };

/** What undoing an item consists of, in its order. */
export const orderUndo = (session: Session, item: BoundItem): BoundStep[] => {
  const state = session.fold.item(item.id);
  const states = item.steps.filter((step) => step.role === 'state' && isBegun(stepOf(state, step.spec.id)));
  const activations = item.steps.filter(
    (step) => step.role === 'activate' && stepOf(state, step.spec.id).memory !== undefined,
  );
  return [...states.reverse(), ...activations];
};

const undoStep = async (session: Session, item: BoundItem, step: BoundStep): Promise<void> => {
  const { journal, fold, point } = session;
  const at = { item: item.id, step: step.spec.id };
  const { memory, undo } = stepOf(fold.item(item.id), step.spec.id);
  if (undo === 'done') return;
  if (memory === undefined)
    throw new Bug(`step ${at.step} of ${at.item} is begun, but the journal has no memory of it`);
  journal.tell({ kind: 'step.started', ...at, direction: 'undo', summary: step.spec.summary });
  await journal.record({ kind: 'undo.step-intended', ...at });
  await point('after-own-undo-intent', at);
  try {
    await journal.reach(item.host, session.abort);
  } catch (error) {
    // A host that answers but cannot write (a full disk) holds the memory already; going back may be what makes room.
    if (session.abort.aborted || isUnreachable(error)) throw error;
  }
  await point('after-undo-intent', at);
  await step.undo(contextOf(session, item.host), memory);
  await point('after-undo', at);
  await journal.record({ kind: 'undo.step-done', ...at });
  await point('after-undo-done', at);
};

/**
 * After an undo that failed, a daemon may be down although all its steps went back: its activations are due once more.
 * They leave a daemon alone that is well.
 */
const reopenActivations = async (session: Session, item: BoundItem): Promise<void> => {
  const state = session.fold.item(item.id);
  if (state.phase !== 'undo-failed') return;
  for (const { role, spec } of orderUndo(session, item)) {
    if (role === 'activate' && stepOf(state, spec.id).undo === 'done')
      await session.journal.record({ kind: 'undo.step-intended', item: item.id, step: spec.id });
  }
};

/**
 * Undoes an item from where the journal says it is; an item that was never touched is only settled.
 * @throws only when this machine can no longer write its journal
 */
export const undoItem = async (session: Session, item: BoundItem): Promise<UndoResult> => {
  const { journal, fold, point } = session;
  const before = fold.item(item.id);
  if (before.phase === 'undone') return { status: 'undone' };
  if (!isTouched(before)) {
    if (before.phase !== 'pending') await journal.record({ kind: 'item.undone', item: item.id });
    return { status: 'undone' };
  }
  const ending = AbortSignal.any([session.abort, session.stop]);
  const fail = async (at: 'step' | 'gate', error: unknown): Promise<UndoResult> => {
    if (journal.broken() !== undefined) throw error;
    const failure = describeFailure(error);
    await journal.record({ kind: 'item.undo-failed', item: item.id, failure });
    return { status: 'failed', at, failure };
  };
  await reopenActivations(session, item);
  await journal.record({ kind: 'item.undo-started', item: item.id });
  await point('item-undo-started', { item: item.id });
  try {
    for (const step of orderUndo(session, item)) {
      if (isStopped(session)) return { status: 'stopped' };
      await withRetries(
        session,
        { host: item.host, item: item.id },
        () => stepOf(fold.item(item.id), step.spec.id).undo,
        () => undoStep(session, item, step),
      );
    }
  } catch (error) {
    if (session.abort.aborted || (session.stop.aborted && isUnreachable(error))) return { status: 'stopped' };
    return fail('step', error);
  }
  try {
    await passGates(session, item, item.undoGates, 'undo', ending);
  } catch (error) {
    return ending.aborted ? { status: 'stopped' } : fail('gate', error);
  }
  await journal.record({ kind: 'item.undone', item: item.id });
  await journal.offer(item.host);
  await point('item-undone', { item: item.id });
  return { status: 'undone' };
};
