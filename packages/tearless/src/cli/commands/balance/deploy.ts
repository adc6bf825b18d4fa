// Deploys the workers of balanced onion services through the change engine: keys, addresses, torrc, a reload each.
import { defineCommand } from '../../core/command.ts';
import { continueOptions } from '../../core/continue-options.ts';

export const command = defineCommand({
  summary: 'give workers their keys, addresses and torrc',
  details:
    'Plans, shows and asks. Keys are made on the workers’ own hosts and stay there. tor reloads, its process stays; a service that\nruns already goes off and on for some seconds where it gains an address to answer for. Undone, keys are moved aside and kept.\nThe addresses of workers are written into tearless.yaml.',
  examples: [
    ['tearless balance deploy', 'plan, show, ask, change'],
    ['tearless balance deploy shop --yes', 'one onion service, without a question'],
  ],
  positionals: [
    { name: 'NAME', summary: 'an onion service of tearless.yaml; all by default', variadic: true, complete: 'onion' },
  ],
  options: {
    detail: { type: 'boolean', summary: 'show what changes inside files, and the gates' },
    plan: {
      type: 'string',
      value: 'FILE',
      summary: "exactly the plan that 'balance plan --out' saved; refused when anything has changed since",
      complete: 'file',
    },
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.balance-deploy/v1',
  async run(context, { options, positionals }) {
    const { deployWorkers } = await import('../../core/balance/deploy-workers.ts');
    const { detail = false, yes = false, plan: planPath, 'take-over': takeOver = false } = options;
    return deployWorkers(context, { names: positionals, planPath, detail, yes, takeOver });
  },
});
