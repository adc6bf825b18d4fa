// The plan that `tearless plan --out` saves and `apply FILE` reads.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Plan } from '../../change/plan.ts';
import { parsePlan, renderPlan } from '../../change/plan-file.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';
import { writePrivateFile } from './own-files.ts';

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

/** A plan holds whole files of the hosts: only its owner may read it. @throws CliError `cli-file-unwritable` */
export const writePlanFile = ({ surroundings }: CommandContext, path: string, plan: Plan): void =>
  writePrivateFile(resolve(surroundings.cwd, path), renderPlan(plan));
