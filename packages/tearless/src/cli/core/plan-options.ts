// Options that decide what a plan is. Apart from what makes one, so that help and completion load little.
import type { OptionSpec, OptionValues } from './command.ts';

export const limitOption = {
  limit: {
    type: 'string',
    value: 'SELECTOR',
    summary: 'only these relays: *, host=h1, h1/a*, label=value; a,b a&b !a',
    complete: 'selector',
  },
} as const satisfies Record<string, OptionSpec>;

/** Options that decide what a plan is. */
export const requestOptions = {
  ...limitOption,
  serial: { type: 'string', value: 'SIZES', summary: 'batch sizes, the last one repeats: 1,10%,50%' },
  'max-fail': { type: 'string', value: 'N', summary: 'relays that may fail before the run stops' },
  gate: {
    type: 'string',
    value: 'GATE',
    summary: 'wait for one more gate: consensus',
    multiple: true,
    complete: ['consensus'],
  },
  'avoid-flag-loss': { type: 'boolean', summary: 'prefer relays that have no flag to lose' },
  'accept-hsdir-loss': { type: 'boolean', summary: 'lose more HSDir flags within 96 h than the limit allows' },
} as const satisfies Record<string, OptionSpec>;

export const planOptions = {
  ...requestOptions,
  detail: { type: 'boolean', summary: 'show what changes inside files, and the gates' },
} as const satisfies Record<string, OptionSpec>;

export type PlanOptionValues = OptionValues<typeof planOptions>;
