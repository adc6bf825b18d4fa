// Hosts that a command line names, each declared.
import { didYouMean } from '../../base/did-you-mean.ts';
import type { Config } from '../../config/schema.ts';
import { usageError } from './cli-error.ts';

/**
 * @param names all declared hosts when empty
 * @throws CliError `cli-usage` for a name that is not declared
 */
export const readHostNames = (config: Config, names: readonly string[]): string[] => {
  const declared = Object.keys(config.hosts);
  for (const name of names)
    if (!declared.includes(name))
      throw usageError(
        `there is no host '${name}' in the configuration`,
        didYouMean(name, declared) ?? "'tearless host ls' shows them, 'tearless host add' declares one",
      );
  return names.length === 0 ? declared : [...new Set(names)];
};
