// Words of a command line to options and positionals, checked against what the command declares.
import { parseArgs } from 'node:util';
import { didYouMean } from '../../base/did-you-mean.ts';
import { usageError } from './cli-error.ts';
import { type Command, globalOptions, type OptionSpec } from './command.ts';

export interface ParsedCall {
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

/** @throws CliError kind `usage`: unknown or repeated option, missing value, too few or too many words */
export const parseCall = (name: string, command: Command, words: readonly string[]): ParsedCall => {
  const specs: Record<string, OptionSpec> = { ...globalOptions, ...command.options };
  const help = `see 'tearless ${name} --help'`;
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, { type: spec.type }])),
  });
  const options: Record<string, string | boolean | string[]> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = specs[token.name];
    if (spec === undefined) {
      const near = didYouMean(
        token.rawName,
        Object.keys(specs).map((key) => `--${key}`),
      );
      throw usageError(
        `unknown option '${token.rawName}'`,
        near?.startsWith('did') === true ? `${near}; ${help}` : help,
      );
    }
    if (spec.type === 'boolean') {
      if (token.value !== undefined) throw usageError(`'${token.rawName}' takes no value`, help);
      options[token.name] = true;
    } else {
      if (token.value === undefined || token.value === '')
        throw usageError(`'${token.rawName}' needs a value: ${spec.value ?? 'VALUE'}`, help);
      const before = options[token.name];
      if (spec.multiple === true) options[token.name] = [...(Array.isArray(before) ? before : []), token.value];
      else if (before !== undefined) throw usageError(`'${token.rawName}' stands twice`, help);
      else options[token.name] = token.value;
    }
  }
  const declared = command.positionals ?? [];
  const missing = declared.find((spec, index) => spec.required === true && positionals[index] === undefined);
  if (options.help !== true) {
    if (missing !== undefined) throw usageError(`${missing.name} is missing: ${missing.summary}`, help);
    if (positionals.length > declared.length && declared.at(-1)?.variadic !== true)
      throw usageError(`'${positionals[declared.length]}' is one word too many`, help);
  }
  return { options, positionals };
};
