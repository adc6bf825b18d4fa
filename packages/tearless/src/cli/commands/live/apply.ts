// Gives running relays the code of another build, one after the other, through the change engine.
import { defineCommand } from '../../core/command.ts';
import { continueOptions } from '../../core/continue-options.ts';
import { liveWishOptions } from '../../core/live/live-wish-options.ts';

export const command = defineCommand({
  summary: 'give running relays the code of another build; circuits stay',
  details:
    'Plans, shows and asks. The process stays the same: its circuits, streams and links are kept, and HSDir; Stable and Guard do not\nhang on it. What is started next time becomes the new build too. A relay that stands otherwise afterwards goes back by itself.\nWhere the verdict is a refusal, the plan says so and names the ordinary restart with its cost.',
  examples: [
    [
      'tearless live apply h1/a --to build-0.4.9.12 --rehearsal rehearsal.json',
      'one relay; what it runs is looked up beside that build',
    ],
    [
      "tearless live apply 'h1/*' --to build-0.4.9.12 --rules 0.4.9.12.yaml --serial 1,25% --no-rehearsal",
      'all of a host, one first',
    ],
  ],
  positionals: [{ name: 'RELAY', summary: 'relays, as --limit takes them', required: true, variadic: true }],
  options: {
    to: { type: 'string', value: 'BUILD', summary: 'the build that they become', complete: 'directory' },
    ...liveWishOptions,
    serial: { type: 'string', value: 'SIZES', summary: 'batch sizes, the last one repeats; 1 by default: 1,10%,50%' },
    rehearsal: {
      type: 'string',
      value: 'FILE',
      summary: 'the report of live rehearse for this step',
      complete: 'file',
    },
    'no-rehearsal': { type: 'boolean', summary: 'update without having rehearsed it' },
    detail: { type: 'boolean', summary: 'show the gates, and what changes inside files' },
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: relays }) {
    const [
      { openFleet },
      { planLiveApply },
      { conductPlan },
      { readRehearsalOptions, requireRehearsed },
      { usageError },
    ] = await Promise.all([
      import('../../core/fleet.ts'),
      import('../../core/live/plan-apply.ts'),
      import('../../core/live/conduct-plan.ts'),
      import('../../core/live/require-rehearsal.ts'),
      import('../../core/cli-error.ts'),
    ]);
    const { to, builds, rules, key, 'max-pause': maxPause = '20ms', serial = '1' } = options;
    if (to === undefined) throw usageError('which build shall they become?', '--to BUILD');
    const rehearsal = readRehearsalOptions(context, options);
    await using fleet = await openFleet(context);
    const plan = await planLiveApply(fleet, { relays, to, builds, rules, key, maxPause, serial }, context);
    if (rehearsal !== undefined) requireRehearsed(plan, rehearsal);
    const count = `${plan.items.length} running ${plan.items.length === 1 ? 'relay' : 'relays'}`;
    return await conductPlan(fleet, plan, `update ${count} of fleet ${plan.fleet}`, options, context);
  },
});
