// Shows what would change, and what it costs; can save it for `apply FILE`. Touches nothing.
import { defineCommand } from '../core/command.ts';
import { exitCodes } from '../core/exit-codes.ts';
import { planOptions } from '../core/plan-options.ts';

export const command = defineCommand({
  summary: 'show what would change and what it costs',
  details:
    'Reads the hosts and compares them with the configuration. Nothing is touched.\nSymbols: + create, ~ change, - remove, ! restarts or interrupts, ? gates (with --detail).',
  examples: [
    ['tearless plan', 'what the whole fleet needs'],
    ['tearless plan --limit host=h1 --out change.plan', 'one host, saved for apply'],
    ['tearless plan --detailed-exitcode', 'exit code 2 when changes are pending'],
  ],
  options: {
    ...planOptions,
    out: {
      type: 'string',
      value: 'FILE',
      summary: "save the plan: 'apply FILE' applies exactly this one",
      complete: 'file',
    },
    'detailed-exitcode': { type: 'boolean', summary: 'exit with 2 when changes are pending' },
  },
  json: 'tearless.plan/v1',
  async run(context, { options }) {
    const [{ openFleet }, { makePlan }, { renderPlanLines }, { concealPlan }] = await Promise.all([
      import('../core/fleet.ts'),
      import('../core/make-plan.ts'),
      import('../core/render/plan-lines.ts'),
      import('../../relays/conceal-plan.ts'),
    ]);
    await using fleet = await openFleet(context);
    const plan = await makePlan(fleet, options, context);
    const { output } = context;
    if (options.out !== undefined) (await import('../core/saved-plan.ts')).writePlanFile(context, options.out, plan);
    const { schema, ...rest } = concealPlan(plan);
    output.result(schema, { ...(JSON.parse(JSON.stringify(rest)) as object) }, () => [
      ...renderPlanLines(plan, { detail: options.detail === true }, output.style),
      ...(options.out === undefined || plan.items.length === 0
        ? []
        : [`saved: apply it with 'tearless apply ${options.out}'`]),
    ]);
    return options['detailed-exitcode'] === true && plan.items.length > 0 ? exitCodes.pending : exitCodes.done;
  },
});
