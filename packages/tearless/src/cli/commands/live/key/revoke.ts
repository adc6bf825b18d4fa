// Takes a key from the lists of hosts.
import { defineCommand } from '../../../core/command.ts';
import { continueOptions } from '../../../core/continue-options.ts';

export const command = defineCommand({
  summary: 'let hosts trust a key no more',
  details: 'What it signed does not run there from then on; what runs already goes on.',
  examples: [['tearless live key revoke SHA256:4rY… --key next', 'signed by another one that is trusted']],
  positionals: [{ name: 'KEY', summary: "a fingerprint or a name, as 'live key ls' shows them", required: true }],
  options: {
    host: { type: 'string', value: 'HOST', summary: 'on this host; on all by default', multiple: true },
    key: { type: 'string', value: 'FILE', summary: 'signs the new list: one that stays', complete: 'file' },
    detail: { type: 'boolean', summary: 'show what changes inside files' },
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: [named = ''] }) {
    const [{ openFleet }, trust, { conductPlan }, { usageError }] = await Promise.all([
      import('../../../core/fleet.ts'),
      import('../../../core/live/plan-trust.ts'),
      import('../../../core/live/conduct-plan.ts'),
      import('../../../core/cli-error.ts'),
    ]);
    await using fleet = await openFleet(context);
    const plan = await trust.planTrust(
      fleet,
      {
        hosts: options.host ?? [],
        key: options.key,
        what: `trust ${named} no more`,
        edit: trust.withoutKey(named),
      },
      context,
    );
    if (plan.items.length === 0)
      throw usageError(`no host trusts a key '${named}'`, "'tearless live key ls' shows whom they trust");
    return await conductPlan(fleet, plan, `let these hosts trust ${named} no more`, options, context);
  },
});
