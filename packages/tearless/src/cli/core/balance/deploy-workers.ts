// A deployment in front of a person: planned, shown, asked, done, and the workers' addresses written down.

import { z } from 'zod';
import { applyPlan, newRunId, type RunResult } from '../../../change/engine.ts';
import type { Plan } from '../../../change/plan.ts';
import { refuseStalePlan } from '../../../change/plan-file.ts';
import { usageError } from '../cli-error.ts';
import { conductRun, exitCodeOfRun, listItems, renderResult } from '../conduct-run.ts';
import { confirm } from '../confirm.ts';
import type { CommandContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { openFleet } from '../fleet.ts';
import { renderPlanLines } from '../render/plan-lines.ts';
import { readPlanFile } from '../saved-plan.ts';
import { chooseOnions } from './choose-onions.ts';
import { makeDeployPlan } from './make-deploy-plan.ts';
import { noteAddresses, type WorkerAddress } from './note-addresses.ts';

export interface DeployCall {
  readonly names: readonly string[];
  /** Of a saved plan, which names the services itself. */
  readonly planPath: string | undefined;
  readonly detail: boolean;
  readonly yes: boolean;
  readonly takeOver: boolean;
}

const report = (
  { output }: CommandContext,
  result: RunResult | undefined,
  workers: readonly WorkerAddress[],
  path: string,
): void => {
  const value = {
    run: result?.run ?? null,
    outcome: result?.outcome ?? 'done',
    items: result === undefined ? [] : listItems(result),
    workers: workers.map(({ onion, worker, address }) => ({ onion, worker, address })),
  };
  output.result('tearless.balance-deploy/v1', value, () => [
    ...(result === undefined ? [] : renderResult(result)),
    ...workers.map(({ onion, worker, address }) => `${onion}/${worker} ${address ?? 'has no address yet'}`),
    ...(workers.length === 0 ? [] : [`these addresses stand in ${path}: 'tearless balance run' serves them`]),
  ]);
};

const Names = z.array(z.string()).min(1);

/** The services that a saved plan is of. @throws CliError `cli-usage` for a plan of something else, or names beside it */
const namesOf = ({ request }: Plan, { names, planPath }: DeployCall): readonly string[] => {
  if (names.length > 0)
    throw usageError('a saved plan names its services itself', `tearless balance deploy --plan ${planPath}`);
  const read = Names.safeParse(request?.balance);
  if (read.success) return read.data;
  throw usageError(`${planPath} is no plan of onion services`, `'tearless apply ${planPath}' takes a plan of relays`);
};

/** @throws what planning and running throw */
export const deployWorkers = async (context: CommandContext, call: DeployCall): Promise<ExitCode> => {
  const { output, surroundings } = context;
  await using fleet = await openFleet(context);
  const { path } = fleet.file;
  const saved = call.planPath === undefined ? undefined : await readPlanFile(context, call.planPath);
  const names = saved === undefined ? call.names : namesOf(saved, call);
  const made = await makeDeployPlan(fleet, chooseOnions(fleet.config, fleet.file, names), context);
  if (saved !== undefined) refuseStalePlan(saved, made.plan);
  const { wishes } = made;
  const plan = saved ?? made.plan;
  if (!output.json)
    for (const line of renderPlanLines(plan, { detail: call.detail }, output.errorStyle)) output.note(line);
  if (plan.items.length === 0) {
    report(context, undefined, await noteAddresses(fleet, wishes, context), path);
    return exitCodes.done;
  }
  const tors = `${plan.items.length} ${plan.items.length === 1 ? 'tor' : 'tors'}`;
  if (!call.yes && !(await confirm(context, `deploy this to ${tors} of fleet ${plan.fleet}`))) {
    surroundings.stderr.write('nothing was changed\n');
    return exitCodes.done;
  }
  const run = newRunId(surroundings.clock);
  const result = await conductRun(fleet, context, { run, plan }, (setup) =>
    applyPlan({ ...setup, plan, takeOver: call.takeOver }),
  );
  report(context, result, result.outcome === 'done' ? await noteAddresses(fleet, wishes, context) : [], path);
  return exitCodeOfRun(result, 'done');
};
