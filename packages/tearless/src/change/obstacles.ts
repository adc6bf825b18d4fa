// What would stop a run half way, asked of the hosts before anything is touched: when a plan is made, and before a run goes
// back. Kinds say it by `mayDo` and `mayUndo`; the steps themselves look again.
import type { Clock } from '../base/clock.ts';
import type { Host } from '../host/host.ts';
import { isUnreachable } from './change-error.ts';
import type { Plan } from './plan.ts';
import { runPool } from './pool.ts';
import { type BoundItem, bindPlan } from './registry.ts';
import { contextOf, defaultLimits, type Session } from './session.ts';
import { isBegun, stepOf } from './state.ts';
import type { KindRegistry } from './step.ts';

/** Who asks, and whom. */
export interface Asking {
  readonly hosts: (name: string) => Host;
  readonly registry: KindRegistry;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Asks all items, each host's side by side, and throws the first obstacle in the plan's order. */
const askAll = async (items: readonly BoundItem[], ask: (item: BoundItem) => Promise<void>): Promise<void> => {
  const found = new Map<string, unknown>();
  const act = (item: BoundItem): Promise<void> =>
    ask(item).catch((error: unknown) => {
      found.set(item.id, error);
    });
  await runPool(items, defaultLimits, (item) => item.host, act);
  const first = items.find(({ id }) => found.has(id));
  if (first !== undefined) throw found.get(first.id);
};

/**
 * Whether the hosts would let every step of the plan happen, as far as that can be known beforehand.
 * @throws what the first step in the way says, kind `refused`; HostError
 */
export const checkObstacles = async (plan: Plan, { hosts, registry, clock, signal }: Asking): Promise<void> => {
  const items = [...bindPlan(registry, plan).values()].filter(({ steps }) => steps.some(({ mayDo }) => mayDo));
  await askAll(items, async ({ host, steps }) => {
    for (const { mayDo } of steps) await mayDo?.({ host: hosts(host), clock, signal, run: '' });
  });
};

/**
 * Whether all of the run can go back. A host that does not answer is no obstacle: the others go back without it.
 * @param lost hosts that are not even asked
 * @throws what the first step in the way says, kind `refused`; HostError
 */
export const checkUndoObstacles = async (session: Session, lost: readonly string[]): Promise<void> => {
  const { items, fold, abort } = session;
  const asked = [...items.values()].filter(({ host, steps }) => !lost.includes(host) && steps.some((s) => s.mayUndo));
  await askAll(asked, async (item) => {
    const state = fold.item(item.id);
    if (state.phase === 'undone') return;
    for (const { spec, mayUndo } of item.steps) {
      const step = stepOf(state, spec.id);
      if (!isBegun(step) || step.undo === 'done' || step.memory === undefined) continue;
      try {
        await mayUndo?.(contextOf(session, item.host), step.memory);
      } catch (error) {
        if (abort.aborted || !isUnreachable(error)) throw error;
      }
    }
  });
};
