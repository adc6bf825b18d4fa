// A plan of live updates in front of a person: shown, asked about, run, reported.
import { applyPlan, newRunId } from '../../../change/engine.ts';
import type { Plan } from '../../../change/plan.ts';
import { conductRun, exitCodeOfRun, reportRun } from '../conduct-run.ts';
import { confirm } from '../confirm.ts';
import type { CommandContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Fleet } from '../fleet.ts';
import { renderPlanLines } from '../render/plan-lines.ts';

export interface ConductOptions {
  readonly detail?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly 'take-over'?: boolean | undefined;
}

/** @param question what a person says yes to, without a question mark */
export const conductPlan = async (
  fleet: Fleet,
  plan: Plan,
  question: string,
  options: ConductOptions,
  context: CommandContext,
): Promise<ExitCode> => {
  const { output, surroundings } = context;
  const isEmpty = plan.items.length === 0;
  if (isEmpty) output.note('nothing to do: everything is as asked for');
  else if (!output.json)
    for (const line of renderPlanLines(plan, { detail: options.detail === true }, output.errorStyle)) output.note(line);
  if (isEmpty) {
    output.result('tearless.run-result/v1', { run: null, outcome: 'done', items: [], untoldHosts: [] }, () => []);
    return exitCodes.done;
  }
  if (options.yes !== true && !(await confirm(context, question))) {
    surroundings.stderr.write('nothing was changed\n');
    return exitCodes.done;
  }
  const run = newRunId(surroundings.clock);
  const result = await conductRun(fleet, context, { run, plan }, (setup) =>
    applyPlan({ ...setup, plan, takeOver: options['take-over'] === true }),
  );
  reportRun(context, result);
  return exitCodeOfRun(result, 'done');
};
