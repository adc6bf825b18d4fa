// A saved plan: written as JSON, read back with every field checked, compared with a plan made now.
import { z } from 'zod';
import { hashJson } from '../base/json.ts';
import { ChangeError } from './change-error.ts';
import { digestPlan, toJson } from './digest.ts';
import type { ChangeItem, Plan } from './plan.ts';

const JsonObject = z.record(z.string(), z.json());

const StepSpec = z.strictObject({
  id: z.string().min(1),
  kind: z.string().min(1),
  symbol: z.enum(['+', '~', '-', '!']),
  summary: z.string(),
  detail: z.array(z.string()).exactOptional(),
  params: JsonObject,
});

const GateSpec = z.strictObject({
  id: z.string().min(1),
  kind: z.string().min(1),
  summary: z.string(),
  params: JsonObject,
  deadlineMs: z.number().int().positive(),
});

const Item = z.strictObject({
  id: z.string().min(1),
  subject: z.string(),
  host: z.string().min(1),
  steps: z.array(StepSpec),
  gates: z.array(GateSpec),
  undoGates: z.array(GateSpec),
});

/** A plan as it lies in a file, in the journal and on the hosts. */
export const PlanDocument: z.ZodType<Plan> = z.strictObject({
  schema: z.literal('tearless.plan/v1'),
  id: z.string().min(1),
  createdAt: z.iso.datetime(),
  fleet: z.string().min(1),
  request: JsonObject.exactOptional(),
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  items: z.array(Item),
  batches: z.array(z.array(z.string())),
  maxFail: z.number().int().nonnegative(),
  cost: z.strictObject({
    restarts: z.number().int().nonnegative(),
    lines: z.array(z.string()),
    estimatedSeconds: z.number().nonnegative(),
  }),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string(), subjects: z.array(z.string()) })),
});

const invalid = (path: string, what: string, hint = 'write the plan again with `tearless plan --out`'): ChangeError =>
  new ChangeError({
    kind: 'config',
    code: 'change-plan-invalid',
    place: 'config',
    message: `${path}: ${what}`,
    hint,
    subject: path,
  });

/** `items[3].steps[0].kind` */
const renderPath = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`)).join('');

const firstTwice = (names: readonly string[]): string | undefined => {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
};

/** What the types cannot say: unique ids, and every item in exactly one batch. */
const findBrokenRule = (plan: Plan): string | undefined => {
  const ids = plan.items.map((item) => item.id);
  const twice = firstTwice(ids);
  if (twice !== undefined) return `items: two items have the id ${twice}`;
  for (const item of plan.items) {
    const step = firstTwice(item.steps.map((entry) => entry.id));
    if (step !== undefined) return `items: two steps of ${item.id} have the id ${step}`;
    for (const gates of [item.gates, item.undoGates]) {
      const gate = firstTwice(gates.map((entry) => entry.id));
      if (gate !== undefined) return `items: two gates of ${item.id} have the id ${gate}`;
    }
  }
  const batched = plan.batches.flat();
  const batchedTwice = firstTwice(batched);
  if (batchedTwice !== undefined) return `batches: ${batchedTwice} stands there twice`;
  const known = new Set(ids);
  const stranger = batched.find((id) => !known.has(id));
  if (stranger !== undefined) return `batches: there is no item ${stranger}`;
  const all = new Set(batched);
  const left = ids.find((id) => !all.has(id));
  return left === undefined ? undefined : `batches: the item ${left} is in none`;
};

/** Checks a plan's own rules. @throws ChangeError `change-plan-invalid` */
export const checkPlan = (plan: Plan, where: string): Plan => {
  const broken = findBrokenRule(plan);
  if (broken !== undefined) throw invalid(where, broken);
  if (digestPlan(plan) !== plan.digest)
    throw invalid(where, 'its digest does not fit its content: it was changed after it was made');
  return plan;
};

/**
 * Reads a saved plan.
 * @param where the file's name, for errors
 * @throws ChangeError `change-plan-invalid` naming the field
 */
export const parsePlan = (text: string, where: string): Plan => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(where, `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = PlanDocument.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(where, `${renderPath(issue?.path ?? []) || 'the document'}: ${issue?.message ?? 'does not fit'}`);
  }
  return checkPlan(parsed.data, where);
};

/** The plan as a file's content. */
export const renderPlan = (plan: Plan): string => `${JSON.stringify(plan, undefined, 2)}\n`;

/** Equal as JSON, whatever the order of the keys. */
const isSame = (a: unknown, b: unknown): boolean => hashJson(toJson(a)) === hashJson(toJson(b));

const describeItemDifference = (saved: ChangeItem, fresh: ChangeItem): string => {
  const savedSteps = new Map(saved.steps.map((step) => [step.id, step]));
  for (const step of fresh.steps) {
    const before = savedSteps.get(step.id);
    if (before === undefined) return `${saved.id} now also needs: ${step.summary}`;
    if (!isSame(before, step)) return `${saved.id}: ${step.summary} is now another step`;
  }
  const freshIds = new Set(fresh.steps.map((step) => step.id));
  const gone = saved.steps.find((step) => !freshIds.has(step.id));
  return gone === undefined ? `${saved.id} has other gates` : `${saved.id} no longer needs: ${gone.summary}`;
};

/** What differs between two plans, as sentences; empty when they would do the same. */
export const comparePlans = (saved: Plan, fresh: Plan): string[] => {
  if (saved.digest === fresh.digest) return [];
  const lines: string[] = [];
  if (saved.fleet !== fresh.fleet) lines.push(`it is for the fleet ${saved.fleet}, not ${fresh.fleet}`);
  const freshItems = new Map(fresh.items.map((item) => [item.id, item]));
  const savedIds = new Set(saved.items.map((item) => item.id));
  for (const item of saved.items) {
    const now = freshItems.get(item.id);
    if (now === undefined) lines.push(`${item.id} needs nothing any more`);
    else if (!isSame(item, now)) lines.push(describeItemDifference(item, now));
  }
  for (const item of fresh.items) if (!savedIds.has(item.id)) lines.push(`${item.id} needs a change too`);
  if (lines.length === 0) lines.push('its batches or limits are different now');
  return lines;
};

/** Refuses a saved plan that a plan made now would not repeat. @throws ChangeError `change-plan-stale` */
export const refuseStalePlan = (saved: Plan, fresh: Plan): void => {
  const lines = comparePlans(saved, fresh);
  if (lines.length === 0) return;
  const shown = lines.slice(0, 5);
  if (lines.length > shown.length) shown.push(`and ${lines.length - shown.length} more`);
  throw new ChangeError({
    kind: 'refused',
    code: 'change-plan-stale',
    message: `the plan ${saved.id} of ${saved.createdAt} is stale: ${shown.join('; ')}`,
    hint: 'plan again, look at it, and apply the new plan',
    subject: saved.id,
  });
};
