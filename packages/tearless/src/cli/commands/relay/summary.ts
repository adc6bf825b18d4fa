// The fleet in figures.
import { defineCommand } from '../../core/command.ts';
import { limitOption } from '../../core/plan-options.ts';

export const command = defineCommand({
  summary: 'sum up the fleet: relays that run, memory, allocators',
  examples: [
    ['tearless relay summary', 'the whole fleet, by allocator and by host'],
    ['tearless relay summary --limit arm=b', 'only some of it'],
  ],
  options: limitOption,
  json: 'tearless.relay-summary/v1',
  async run(context, { options: { limit } }) {
    const [{ openReadFleet }, look, { renderFleetSummary }, { renderUnreachable }, { summariseFleet }] =
      await Promise.all([
        import('../../core/fleet.ts'),
        import('../../core/look-at-relays.ts'),
        import('../../core/render/relay-lines.ts'),
        import('../../core/render/finding-lines.ts'),
        import('../../../relays/fleet-summary.ts'),
      ]);
    await using fleet = await openReadFleet(context);
    const { relays, observation } = await look.lookAtRelays(fleet, { limit }, context);
    const summary = summariseFleet(relays);
    const { output } = context;
    const groups = (list: typeof summary.byHost) => list.map((group) => ({ ...group }));
    output.result(
      'tearless.relay-summary/v1',
      {
        fleet: fleet.config.fleet,
        ...summary,
        byAllocator: groups(summary.byAllocator),
        byHost: groups(summary.byHost),
        unreachable: look.describeUnreachable(observation),
      },
      () => renderFleetSummary(fleet.config.fleet, summary, output.style),
    );
    if (!output.json)
      for (const line of renderUnreachable(observation.unreachable, output.errorStyle)) output.note(line);
    return look.exitCodeOfLook(observation);
  },
});
