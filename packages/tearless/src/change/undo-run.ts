// Undoes a batch that failed, or a whole run: batches in reverse, each behind its gates.
import type { RunOutcome } from './event.ts';
import { runPool } from './pool.ts';
import type { BoundItem } from './registry.ts';
import { isStopped, type Session } from './session.ts';
import { isTouched } from './state.ts';
import { undoItem } from './undo-item.ts';

interface Undone {
  readonly failedHosts: ReadonlySet<string>;
  readonly gateFailed: boolean;
}

const undoItems = async (session: Session, ids: readonly string[]): Promise<Undone> => {
  const failedHosts = new Set<string>();
  let gateFailed = false;
  const items = ids.flatMap((id) => session.items.get(id) ?? []).reverse();
  const act = async (item: BoundItem): Promise<void> => {
    if (isStopped(session)) return;
    const result = await undoItem(session, item);
    if (result.status !== 'failed') return;
    failedHosts.add(item.host);
    if (result.at === 'gate') gateFailed = true;
  };
  await runPool(items, session.limits, (item) => item.host, act);
  return { failedHosts, gateFailed };
};

const isFormer = (session: Session, id: string): boolean => {
  const state = session.fold.item(id);
  return state.phase === 'undone' || !isTouched(state);
};

/** Takes the batch that failed back; earlier batches stay as they are. */
export const undoBatch = async (session: Session, batch: number): Promise<RunOutcome> => {
  await session.journal.record({ kind: 'undo.started', batch });
  await session.point('undo-started');
  const ids = session.plan.batches[batch] ?? [];
  // Items of earlier batches that failed within what the plan allows, and could not go back then, are tried again.
  const open = session.plan.batches
    .slice(0, batch)
    .flat()
    .filter((id) => {
      const { phase } = session.fold.item(id);
      return phase === 'failed' || phase === 'undoing' || phase === 'undo-failed';
    });
  await undoItems(session, [...open, ...ids]);
  if ([...open, ...ids].every((id) => isFormer(session, id))) return 'failed-undone';
  return isStopped(session) ? 'interrupted' : 'failed';
};

/**
 * Takes everything back. A gate that fails ends it: going on could take more down. A host where an item could not go
 * back keeps its earlier items as they are, because they may be what that item stands on.
 */
export const undoWholeRun = async (session: Session): Promise<RunOutcome> => {
  await session.journal.record({ kind: 'undo.started' });
  await session.point('undo-started');
  const blocked = new Set<string>();
  for (const batch of session.plan.batches.toReversed()) {
    if (isStopped(session)) break;
    const ids = batch.filter((id) => !blocked.has(session.items.get(id)?.host ?? ''));
    const { failedHosts, gateFailed } = await undoItems(session, ids);
    for (const host of failedHosts) blocked.add(host);
    if (gateFailed) break;
    await session.point('batch-undone');
  }
  if (session.plan.items.every((item) => isFormer(session, item.id))) return 'undone';
  return isStopped(session) ? 'interrupted' : 'failed';
};
