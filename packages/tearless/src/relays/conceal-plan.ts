// A plan as it may be shown or printed: without the values of secret torrc options. Only what is saved and applied has them.
import { z } from 'zod';
import type { JsonObject } from '../base/json.ts';
import type { Plan } from '../change/plan.ts';
import { SettingChange } from '../daemon/params.ts';
import { type Concealer, createConcealer } from '../daemon/secret-options.ts';

const Changes = z.array(SettingChange);

const concealParams = (params: JsonObject, concealer: Concealer): JsonObject => {
  const { content } = params;
  const changes = Changes.safeParse(params.changes);
  const hide = (name: string, values: readonly string[]): string[] =>
    values.map((value) => concealer.value(name, value));
  return {
    ...params,
    ...(typeof content === 'string' ? { content: concealer.torrc(content) } : {}),
    ...(changes.success
      ? {
          changes: changes.data.map(({ name, before, after }) => ({
            name,
            before: hide(name, before),
            after: after === null ? null : hide(name, after),
          })),
        }
      : {}),
  };
};

/** The same plan with secret values left out; one that holds some can no longer be applied, as its digest tells. */
export const concealPlan = (plan: Plan): Plan => {
  const concealer = createConcealer();
  const conceal = <T extends { readonly params: JsonObject }>(entry: T): T => ({
    ...entry,
    params: concealParams(entry.params, concealer),
  });
  return {
    ...plan,
    items: plan.items.map((item) => ({
      ...item,
      steps: item.steps.map(conceal),
      gates: item.gates.map(conceal),
      undoGates: item.undoGates.map(conceal),
    })),
  };
};
