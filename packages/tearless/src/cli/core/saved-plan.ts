// Reads a plan that `tearless plan --out` saved.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Plan } from '../../change/plan.ts';
import { parsePlan } from '../../change/plan-file.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';

/** @throws CliError `cli-plan-unreadable`, ChangeError `change-plan-invalid` */
export const readPlanFile = async ({ surroundings }: CommandContext, path: string): Promise<Plan> => {
  let text: string;
  try {
    text = await readFile(resolve(surroundings.cwd, path), 'utf8');
  } catch (error) {
    throw new CliError({
      kind: 'usage',
      code: 'cli-plan-unreadable',
      message: `the plan ${path} cannot be read`,
      subject: path,
      hint: `save one with 'tearless plan --out ${path}'`,
      cause: error,
    });
  }
  return parsePlan(text, path);
};
