// Takes the latest live update of relays back, while they run.
import { defineCommand } from '../../core/command.ts';
import { continueOptions } from '../../core/continue-options.ts';

export const command = defineCommand({
  summary: 'take the latest live update of relays back; circuits stay',
  details:
    'By what the hosts keep of it, so any machine whose key they trust can. What starts next time becomes the former build as well,\nwhere that lies on the host. Rules that go down with the release are followed.',
  examples: [['tearless live rollback h1/a', 'one relay']],
  positionals: [{ name: 'RELAY', summary: 'relays, as --limit takes them', required: true, variadic: true }],
  options: {
    key: { type: 'string', value: 'FILE', summary: "signs; by default the one of 'live key make'", complete: 'file' },
    'max-pause': {
      type: 'string',
      value: 'TIME',
      summary: 'how long a relay may stand still at most; 20ms by default',
    },
    serial: { type: 'string', value: 'SIZES', summary: 'batch sizes, the last one repeats; 1 by default: 1,10%,50%' },
    detail: { type: 'boolean', summary: 'show the gates, and what changes inside files' },
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: relays }) {
    const [{ openFleet }, { planLiveRollBack }, { conductPlan }] = await Promise.all([
      import('../../core/fleet.ts'),
      import('../../core/live/plan-roll-back.ts'),
      import('../../core/live/conduct-plan.ts'),
    ]);
    const { key, 'max-pause': maxPause = '20ms', serial = '1' } = options;
    await using fleet = await openFleet(context);
    const plan = await planLiveRollBack(fleet, { relays, key, maxPause, serial }, context);
    const count = `${plan.items.length} running ${plan.items.length === 1 ? 'relay' : 'relays'}`;
    return await conductPlan(
      fleet,
      plan,
      `take back the latest update of ${count} of fleet ${plan.fleet}`,
      options,
      context,
    );
  },
});
