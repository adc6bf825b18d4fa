// Brings one item to its planned state: its steps in order, each checked, remembered, journalled, done and verified; then its gates.
import { Bug } from '../base/error.ts';
import type { JsonValue } from '../base/json.ts';
import { describeFailure, isUnreachable } from './change-error.ts';
import { passGates } from './gates.ts';
import type { BoundItem, BoundStep } from './registry.ts';
import { withRetries } from './retry.ts';
import { contextOf, isStopped, type Session } from './session.ts';
import { isBegun, isTouched, stepOf } from './state.ts';

/** Reads what undo needs, and writes it to both journals. Afterwards the step is intended. */
const intendStep = async (session: Session, item: BoundItem, step: BoundStep): Promise<void> => {
  const context = contextOf(session, item.host);
  const at = { item: item.id, step: step.spec.id };
  if (!isTouched(session.fold.item(item.id))) {
    const memories: Record<string, JsonValue> = {};
    for (const activation of item.steps) {
      if (activation.role === 'activate') memories[activation.spec.id] = await activation.remember(context);
    }
    await session.journal.record({ kind: 'item.prepared', item: item.id, memories });
  }
  const memory = step.role === 'state' ? { memory: await step.remember(context) } : {};
  await session.point('before-intent', at);
  await session.journal.record({ kind: 'step.intended', ...at, ...memory });
  await session.point('after-own-intent', at);
};

const applyStep = async (session: Session, item: BoundItem, step: BoundStep): Promise<void> => {
  const { journal, fold, point } = session;
  const context = contextOf(session, item.host);
  const at = { item: item.id, step: step.spec.id };
  const before = stepOf(fold.item(item.id), step.spec.id);
  if (before.progress === 'verified' && !session.recheck) return;
  journal.tell({ kind: 'step.started', ...at, direction: 'apply', summary: step.spec.summary });
  // What this item changed is not active yet, whatever the host says of it: systemd does not notice a new directory of
  // drop-ins. Where someone else activated it meanwhile, undo must do it again too.
  const follows = step.role === 'activate' && isTouched(fold.item(item.id));
  const holds = (await step.check(context)) && !follows;
  await point('after-check', at);
  if (!isBegun(before)) {
    if (holds) {
      await journal.record({ kind: 'step.skipped', ...at });
      return;
    }
    await intendStep(session, item, step);
  }
  const { memory } = stepOf(fold.item(item.id), step.spec.id);
  if (memory === undefined)
    throw new Bug(`step ${at.step} of ${at.item} is begun, but the journal has no memory of it`);
  await journal.reach(item.host, session.abort);
  await point('after-intent', at);
  // One that was cut off may show its effect and still lack a part that nobody sees.
  if (!holds || before.progress === 'intended') await step.do(context, memory);
  await point('after-do', at);
  await journal.record({ kind: 'step.done', ...at });
  await point('after-done', at);
  const evidence = await step.verify(context, memory);
  await point('after-verify', at);
  await journal.record({ kind: 'step.verified', ...at, evidence });
  await point('after-verified', at);
};

/** Runs the steps that are left. @returns false when it was told to stop before the end */
const applySteps = async (session: Session, item: BoundItem): Promise<boolean> => {
  for (const step of item.steps) {
    if (isStopped(session) || session.halt.signal.aborted) return false;
    try {
      await withRetries(
        session,
        { host: item.host, item: item.id },
        () => stepOf(session.fold.item(item.id), step.spec.id).progress,
        () => applyStep(session, item, step),
      );
    } catch (error) {
      if (session.abort.aborted || session.journal.broken() !== undefined) throw error;
      const failure = describeFailure(error);
      await session.journal.record({ kind: 'step.failed', item: item.id, step: step.spec.id, failure });
      throw error;
    }
  }
  return true;
};

const failItem = async (session: Session, item: BoundItem, error: unknown): Promise<'failed'> => {
  const steps = Object.values(session.fold.item(item.id).steps);
  const unknown = isUnreachable(error) && steps.some((step) => isBegun(step) && step.progress !== 'verified');
  await session.journal.record({ kind: 'item.failed', item: item.id, failure: describeFailure(error), unknown });
  await session.point('item-failed', { item: item.id });
  return 'failed';
};

/**
 * Applies an item from where the journal says it is.
 * @returns `stopped` when a person or a failing neighbour ended it between two steps or at its gates
 * @throws only when this machine can no longer write its journal
 */
export const applyItem = async (session: Session, item: BoundItem): Promise<'done' | 'failed' | 'stopped'> => {
  const { journal, fold, point } = session;
  if (fold.item(item.id).phase === 'pending') await journal.record({ kind: 'item.started', item: item.id });
  await point('item-started', { item: item.id });
  try {
    if (!(await applySteps(session, item))) return 'stopped';
  } catch (error) {
    // Cut off by a person, or stopped while the host was away: the journal says where to go on.
    if (session.abort.aborted || (session.stop.aborted && isUnreachable(error))) return 'stopped';
    return failItem(session, item, error);
  }
  const changed = isTouched(fold.item(item.id));
  const ending = AbortSignal.any([session.abort, session.stop, session.halt.signal]);
  if (changed) {
    await point('before-gates', { item: item.id });
    try {
      await passGates(session, item, item.gates, 'apply', ending);
    } catch (error) {
      return ending.aborted ? 'stopped' : failItem(session, item, error);
    }
    await point('after-gates', { item: item.id });
  }
  await journal.record({ kind: 'item.done', item: item.id, changed });
  if (changed) await journal.offer(item.host);
  await point('item-done', { item: item.id });
  return 'done';
};
