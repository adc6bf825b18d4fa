// The conclusion that `experiment audit --conclusion FILE` judges: YAML or JSON.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { type Conclusion, readConclusion } from '../../experiments/audit/conclusion.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';

/** @throws CliError `cli-conclusion-unreadable`, ConclusionError `conclusion-invalid` */
export const readConclusionFile = async (
  { surroundings }: CommandContext,
  path: string,
  armIds: readonly string[],
): Promise<Conclusion> => {
  let value: unknown;
  try {
    value = parse(await readFile(resolve(surroundings.cwd, path), 'utf8'));
  } catch (error) {
    throw new CliError({
      kind: 'usage',
      code: 'cli-conclusion-unreadable',
      message: `the conclusion ${path} cannot be read`,
      subject: path,
      hint: 'docs/how-to/audit-an-experiment.md shows what such a file holds',
      cause: error,
    });
  }
  return readConclusion(value, path, armIds);
};
