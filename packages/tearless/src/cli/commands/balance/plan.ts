// Shows what deploying the workers of balanced onion services would change. Touches nothing.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show what the workers of balanced onion services need',
  details:
    'Reads the hosts and compares them with the configuration. Nothing is touched.\nSymbols: + create, ~ change, ! interrupts.',
  examples: [
    ['tearless balance plan', 'all onion services of tearless.yaml'],
    ['tearless balance plan shop --detail', 'one, with the lines that change'],
  ],
  positionals: [
    { name: 'NAME', summary: 'an onion service of tearless.yaml; all by default', variadic: true, complete: 'onion' },
  ],
  options: {
    detail: { type: 'boolean', summary: 'show what changes inside files, and the gates' },
    out: {
      type: 'string',
      value: 'FILE',
      summary: "save the plan: 'balance deploy --plan FILE' does exactly this one",
      complete: 'file',
    },
    'detailed-exitcode': { type: 'boolean', summary: 'exit with 2 when changes are pending' },
  },
  json: 'tearless.plan/v1',
  async run(context, { options, positionals: names }) {
    const [
      { openReadFleet },
      { chooseOnions },
      { concealPrivateAddresses, makeDeployPlan },
      { renderPlanLines },
      { concealPlan },
    ] = await Promise.all([
      import('../../core/fleet.ts'),
      import('../../core/balance/choose-onions.ts'),
      import('../../core/balance/make-deploy-plan.ts'),
      import('../../core/render/plan-lines.ts'),
      import('../../../relays/conceal-plan.ts'),
    ]);
    await using fleet = await openReadFleet(context);
    const { plan, wishes } = await makeDeployPlan(fleet, chooseOnions(fleet.config, fleet.file, names), context);
    const { output } = context;
    if (options.out !== undefined) (await import('../../core/saved-plan.ts')).writePlanFile(context, options.out, plan);
    const { schema, ...rest } = concealPlan(plan);
    const text = concealPrivateAddresses(JSON.stringify(rest), wishes);
    output.result(schema, JSON.parse(text), () => [
      ...renderPlanLines(plan, { detail: options.detail === true }, output.style),
      ...(options.out === undefined || plan.items.length === 0
        ? []
        : [`saved: deploy it with 'tearless balance deploy --plan ${options.out}'`]),
    ]);
    return options['detailed-exitcode'] === true && plan.items.length > 0 ? exitCodes.pending : exitCodes.done;
  },
});
