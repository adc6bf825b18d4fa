// A command as a value: what it is called with, what it prints, how it runs. Help, completion and the reference are
// made from it. A command's file lies at commands/<noun>/<verb>.ts and imports what is heavy only when it runs.
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';

/** What completes a value: names known to the configuration or the store, files, or a fixed list. */
export type Completion =
  | 'host'
  | 'relay'
  | 'selector'
  | 'run'
  | 'experiment'
  | 'onion'
  | 'onion-worker'
  | 'file'
  | 'directory'
  | readonly string[];

export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly summary: string;
  /** Name of the value in help, such as `SELECTOR`; for `string` only. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly complete?: Completion;
}

export interface PositionalSpec {
  /** As shown in help: `PLAN`, `HOST`. */
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  /** Takes all that follow; only the last may. */
  readonly variadic?: boolean;
  readonly complete?: Completion;
}

type OptionValue<O extends OptionSpec> = O['type'] extends 'boolean'
  ? boolean
  : O['multiple'] extends true
    ? readonly string[]
    : string;

export type OptionValues<O extends Record<string, OptionSpec>> = { readonly [K in keyof O]?: OptionValue<O[K]> };

export interface CommandSpec<O extends Record<string, OptionSpec> = Record<string, OptionSpec>> {
  /** One line, imperative, no full stop. */
  readonly summary: string;
  /** More, for the command's own help and the reference. */
  readonly details?: string;
  /** A command line and what it does; the first one stands in the noun's help. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly positionals?: readonly PositionalSpec[];
  readonly options?: O;
  /** `schema` of what `--json` prints; undefined for commands that print no result. */
  readonly json?: string;
  /** Left out of help and reference. */
  readonly hidden?: boolean;
  run(
    context: CommandContext,
    call: { readonly options: OptionValues<O>; readonly positionals: readonly string[] },
  ): Promise<ExitCode>;
}

/** A command whose options have lost their precise types: what the registry holds. */
export type Command = CommandSpec<Record<string, OptionSpec>>;

/** Gives a command its precise option types inside `run`, and the registry's type outside. */
export const defineCommand = <const O extends Record<string, OptionSpec>>(spec: CommandSpec<O>): Command =>
  spec as unknown as Command;

/** Options of every command. */
export const globalOptions = {
  config: {
    type: 'string',
    value: 'FILE',
    summary: 'the configuration; else $TEARLESS_CONFIG, the nearest tearless.yaml upward, the user’s',
    complete: 'file',
  },
  store: {
    type: 'string',
    value: 'PLACE',
    summary:
      'where the state lies: a file, or postgresql://USER@HOST/DATABASE; else $TEARLESS_STORE, state: in tearless.yaml',
    complete: 'file',
  },
  json: { type: 'boolean', summary: 'print one JSON object (long runs: JSON lines of events)' },
  'no-color': { type: 'boolean', summary: 'no colours; NO_COLOR does the same' },
  help: { type: 'boolean', summary: 'show this help' },
} as const satisfies Record<string, OptionSpec>;
