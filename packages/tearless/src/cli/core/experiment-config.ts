// The experiment of tearless.yaml that a command names.
import { didYouMean } from '../../base/did-you-mean.ts';
import type { Config, ExperimentConfig } from '../../config/schema.ts';
import { CliError } from './cli-error.ts';

/** @throws CliError `experiment-unknown` */
export const findExperimentConfig = (config: Config, name: string): ExperimentConfig => {
  const experiments = config.experiments ?? {};
  const found = experiments[name];
  if (found !== undefined) return found;
  throw new CliError({
    kind: 'not-found',
    code: 'experiment-unknown',
    place: 'config',
    message: `the configuration has no experiment '${name}'`,
    subject: name,
    hint:
      didYouMean(name, Object.keys(experiments)) ??
      `'tearless experiment design ${name} --arms …' makes one${Object.keys(experiments).length === 0 ? '' : `; there is ${Object.keys(experiments).join(', ')}`}`,
  });
};
