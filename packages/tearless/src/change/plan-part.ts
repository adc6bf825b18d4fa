// A plan cut up by host, and put together again from what the hosts give back.
import { ChangeError } from './change-error.ts';
import type { PlanPart } from './entry-format.ts';
import type { Plan } from './plan.ts';

/** A whole plan as a part. */
export const wholePart = (plan: Plan): PlanPart => ({
  plan,
  outline: plan.items.map(({ id, host }) => ({ id, host })),
});

/** The names of all hosts of the whole plan, each once. */
export const hostsOf = (part: PlanPart): string[] => [...new Set(part.outline.map(({ host }) => host))];

/** The part of a plan that lies on one host. */
export const cutPart = (part: PlanPart, host: string): PlanPart => ({
  plan: { ...part.plan, items: part.plan.items.filter((item) => item.host === host) },
  outline: part.outline,
});

/**
 * Puts parts of one plan together: all items that any part has, in the plan's order.
 * @throws ChangeError `change-plan-mixed` when the parts are of different plans
 */
export const joinParts = (first: PlanPart, others: readonly PlanPart[]): PlanPart => {
  const stranger = others.find((part) => part.plan.digest !== first.plan.digest || part.plan.id !== first.plan.id);
  if (stranger !== undefined) {
    throw new ChangeError({
      kind: 'protocol',
      code: 'change-plan-mixed',
      place: 'host',
      message: `the hosts hold parts of different plans under one run: ${first.plan.id} and ${stranger.plan.id}`,
      hint: 'name only the hosts of one fleet',
    });
  }
  const items = new Map([first, ...others].flatMap(({ plan }) => plan.items.map((item) => [item.id, item] as const)));
  return {
    plan: { ...first.plan, items: first.outline.flatMap(({ id }) => items.get(id) ?? []) },
    outline: first.outline,
  };
};

export interface KnownPlan {
  /** Its batches name only items that are known. */
  readonly plan: Plan;
  readonly missingItems: readonly string[];
}

/** What can be done with a part: the items that it has; those that it lacks are named. */
export const readPart = (part: PlanPart): KnownPlan => {
  const known = new Set(part.plan.items.map((item) => item.id));
  return {
    plan: { ...part.plan, batches: part.plan.batches.map((batch) => batch.filter((id) => known.has(id))) },
    missingItems: part.outline.flatMap(({ id }) => (known.has(id) ? [] : [id])),
  };
};
