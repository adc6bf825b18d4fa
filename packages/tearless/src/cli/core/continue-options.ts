// The words and options of `run resume` and `run undo`.
import type { OptionSpec, PositionalSpec } from './command.ts';

export const continuePositionals: readonly PositionalSpec[] = [
  { name: 'RUN', summary: "a run's name, its beginning, or 'last'", required: true, complete: 'run' },
];

export const continueOptions = {
  'take-over': { type: 'boolean', summary: 'the machine that holds its locks is gone: take them' },
  'from-hosts': { type: 'boolean', summary: 'read the run from the hosts: another operator began it' },
  yes: { type: 'boolean', summary: 'do not ask' },
} as const satisfies Record<string, OptionSpec>;
