// What `run resume` and `run undo` share: finding the run, here or on the hosts, and going on with it in front of a person.
import type { ContinueOptions, RunResult } from '../../change/engine.ts';
import type { Plan } from '../../change/plan.ts';
import { readPart } from '../../change/plan-part.ts';
import { loadRun } from '../../change/read-run.ts';
import { importRunFromHosts } from '../../change/sync.ts';
import { conductRun, reportRun } from './conduct-run.ts';
import type { CommandContext } from './context.ts';
import { resolveRunName } from './find-run.ts';
import { type Fleet, openFleet } from './fleet.ts';

const findPlan = async (fleet: Fleet, run: string, fromHosts: boolean): Promise<Plan> => {
  if (fromHosts) {
    const hosts = Object.keys(fleet.config.hosts).map((name) => fleet.hosts.get(name));
    await importRunFromHosts(fleet.store, run, hosts);
  }
  return readPart((await loadRun(fleet.store, run)).part).plan;
};

export interface ContinueCall {
  readonly name: string;
  readonly takeOver: boolean;
  readonly fromHosts: boolean;
  /** Asked before anything is done; resolves to false to leave it. */
  readonly agree: (plan: Plan, run: string) => Promise<boolean>;
  readonly act: (options: ContinueOptions) => Promise<RunResult>;
}

/** @returns undefined when the person said no */
export const continueRun = async (context: CommandContext, call: ContinueCall): Promise<RunResult | undefined> => {
  await using fleet = await openFleet(context);
  const run = await resolveRunName(fleet.store, call.name);
  const plan = await findPlan(fleet, run, call.fromHosts);
  if (!(await call.agree(plan, run))) {
    context.output.note('nothing was changed');
    return undefined;
  }
  const { takeOver, act } = call;
  const result = await conductRun(fleet, context, { run, plan }, (setup) => act({ ...setup, takeOver }));
  reportRun(context, result);
  return result;
};
