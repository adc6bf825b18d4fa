// The one ordinary restart onto a build for live updates.
import { defineCommand } from '../../core/command.ts';
import { continueOptions } from '../../core/continue-options.ts';
import { requestOptions } from '../../core/plan-options.ts';

const { limit: _limit, ...planning } = requestOptions;

export const command = defineCommand({
  summary: 'restart relays onto a build that later takes live updates',
  details:
    'Once for each relay: planned, shown with its cost, gated and undoable as every restart is. The build lies at a place of its own on\nthe host, and a drop-in starts it: Debian’s package stays as it is, no script of it runs, and its upgrades change nothing here.\nFrom then on its updates come from you: `live status` warns while a newer release is recommended.',
  examples: [
    ["tearless live adopt 'h1/*' --to build-0.4.9.11", 'the relays of a host, in the order and pace of every restart'],
  ],
  positionals: [{ name: 'RELAY', summary: 'relays, as --limit takes them', required: true, variadic: true }],
  options: {
    to: { type: 'string', value: 'BUILD', summary: 'the build that they restart onto', complete: 'directory' },
    key: { type: 'string', value: 'FILE', summary: "signs; by default the one of 'live key make'", complete: 'file' },
    ...planning,
    detail: { type: 'boolean', summary: 'show the gates, and what changes inside files' },
    'take-over': continueOptions['take-over'],
    yes: continueOptions.yes,
  },
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: relays }) {
    const [{ openFleet }, { planAdopt }, { conductPlan }, { usageError }] = await Promise.all([
      import('../../core/fleet.ts'),
      import('../../core/live/plan-adopt.ts'),
      import('../../core/live/conduct-plan.ts'),
      import('../../core/cli-error.ts'),
    ]);
    const { to, key, detail, yes, 'take-over': takeOver, ...plan } = options;
    if (to === undefined) throw usageError('which build shall they restart onto?', '--to BUILD');
    await using fleet = await openFleet(context);
    const made = await planAdopt(fleet, { relays, to, key, plan }, context);
    const count = `${made.items.length} ${made.items.length === 1 ? 'item' : 'items'}`;
    const conduct = { detail, yes, 'take-over': takeOver };
    return await conductPlan(fleet, made, `apply this to ${count} of fleet ${made.fleet}`, conduct, context);
  },
});
