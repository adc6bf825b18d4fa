// The plan's digest: equal for plans that would do the same, whenever and wherever they were made.
import { hashJson, type JsonValue } from '../base/json.ts';
import type { Plan } from './plan.ts';

type Digested = Pick<Plan, 'fleet' | 'items' | 'batches' | 'maxFail'>;

/** JSON's own view of a value: what a saved and loaded plan would hold. */
export const toJson = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;

/** SHA-256 of the canonical fleet, items, batches and limit, 64 hexadecimal digits. */
export const digestPlan = (plan: Digested): string =>
  hashJson(toJson({ fleet: plan.fleet, items: plan.items, batches: plan.batches, maxFail: plan.maxFail }));

/** Adds the digest to a plan's parts. */
export const sealPlan = (plan: Omit<Plan, 'digest' | 'schema'>): Plan => ({
  schema: 'tearless.plan/v1',
  ...plan,
  digest: digestPlan(plan),
});
