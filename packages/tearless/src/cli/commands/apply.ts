// Applies a saved plan exactly, or plans now, shows and asks.
import { defineCommand } from '../core/command.ts';
import { continueOptions } from '../core/continue-options.ts';
import { exitCodes } from '../core/exit-codes.ts';
import { planOptions } from '../core/plan-options.ts';

export const command = defineCommand({
  summary: 'change the fleet as planned',
  details:
    'With PLAN, exactly that plan: it is refused when the fleet or the configuration has changed since.\nWithout, plans now, shows it and asks. The first interrupt stops after the current step, the second aborts;\neither way the run can be resumed or undone.',
  examples: [
    ['tearless apply', 'plan, show, ask, change'],
    ['tearless apply change.plan --yes', 'a saved plan, without a question'],
    ['tearless apply --limit h1/a --serial 1', 'one relay first'],
  ],
  positionals: [{ name: 'PLAN', summary: "a plan saved by 'tearless plan --out'", complete: 'file' }],
  options: {
    ...planOptions,
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: [path] }) {
    const [{ openFleet }, { makePlan, makePlanLike }, { renderPlanLines }, planFile, { applyPlan, newRunId }] =
      await Promise.all([
        import('../core/fleet.ts'),
        import('../core/make-plan.ts'),
        import('../core/render/plan-lines.ts'),
        import('../../change/plan-file.ts'),
        import('../../change/engine.ts'),
      ]);
    const [{ confirm }, conduct, { readPlanFile }] = await Promise.all([
      import('../core/confirm.ts'),
      import('../core/conduct-run.ts'),
      import('../core/saved-plan.ts'),
    ]);
    const { output, surroundings } = context;
    await using fleet = await openFleet(context);
    const plan = path === undefined ? await makePlan(fleet, options, context) : await readPlanFile(context, path);
    if (path !== undefined) planFile.refuseStalePlan(plan, await makePlanLike(plan, fleet, options, context));
    if (!output.json)
      for (const line of renderPlanLines(plan, { detail: options.detail === true }, output.errorStyle))
        output.note(line);
    if (plan.items.length === 0) {
      output.result('tearless.run-result/v1', { run: null, outcome: 'done', items: [], untoldHosts: [] }, () => []);
      return exitCodes.done;
    }
    if (
      options.yes !== true &&
      !(await confirm(
        context,
        `apply this to ${plan.items.length} ${plan.items.length === 1 ? 'item' : 'items'} of fleet ${plan.fleet}`,
      ))
    ) {
      surroundings.stderr.write('nothing was changed\n');
      return exitCodes.done;
    }
    const run = newRunId(surroundings.clock);
    const takeOver = options['take-over'] === true;
    const result = await conduct.conductRun(fleet, context, { run, plan }, (setup) =>
      applyPlan({ ...setup, plan, takeOver }),
    );
    conduct.reportRun(context, result);
    return conduct.exitCodeOfRun(result, 'done');
  },
});
