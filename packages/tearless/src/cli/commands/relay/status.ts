// How each relay stands now: its unit, process, memory, the allocator that is really loaded, its flags, what is amiss.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { limitOption } from '../../core/plan-options.ts';

export const command = defineCommand({
  summary: 'show how relays stand: unit, memory, loaded allocator, flags, findings',
  details:
    'The allocator is proved by what the process has mapped, with its build-id. Flags are those of the consensus that a\nrelay of the fleet keeps; ? where none could tell.',
  examples: [
    ['tearless relay status', 'every relay'],
    ['tearless relay status --limit host=h1 --watch', 'again every 5 s until Ctrl-C'],
  ],
  options: { ...limitOption, watch: { type: 'boolean', summary: 'show it again every 5 s; Ctrl-C ends it' } },
  json: 'tearless.relay-status/v1',
  async run(context, { options: { limit, watch } }) {
    const [{ openReadFleet }, look, { renderRelayStatus }, { renderFindings, renderUnreachable }, { observeNetwork }] =
      await Promise.all([
        import('../../core/fleet.ts'),
        import('../../core/look-at-relays.ts'),
        import('../../core/render/relay-lines.ts'),
        import('../../core/render/finding-lines.ts'),
        import('../../core/observe.ts'),
      ]);
    const { output, surroundings } = context;
    await using fleet = await openReadFleet(context);
    let network: Awaited<ReturnType<typeof observeNetwork>>;
    const take = async () => {
      const { relays, hostFindings, observation } = await look.lookAtRelays(
        fleet,
        {
          limit,
          readNetwork: async (seen) => {
            // A consensus is megabytes: it is asked for again when the next one is due.
            if (network === undefined || network.freshUntilMs < surroundings.clock.now())
              network = await observeNetwork(fleet, seen, context);
            return network;
          },
        },
        context,
      );
      const findings = [...relays.flatMap((relay) => relay.findings), ...hostFindings];
      const lines = () => {
        const below = [
          ...renderFindings(findings, output.style),
          ...renderUnreachable(observation.unreachable, output.style),
        ];
        return [...renderRelayStatus(relays, output.style), ...(below.length === 0 ? [] : ['', ...below])];
      };
      const value: JsonObject = {
        fleet: fleet.config.fleet,
        atMs: surroundings.clock.now(),
        relays: JSON.parse(JSON.stringify(relays)),
        hostFindings: JSON.parse(JSON.stringify(hostFindings)),
        unreachable: look.describeUnreachable(observation),
      };
      return { value: observation, lines, print: () => output.result('tearless.relay-status/v1', value, lines) };
    };
    if (watch === true) {
      const { watchResult } = await import('../../core/watch-result.ts');
      return look.exitCodeOfLook(await watchResult(context, take));
    }
    const { value: observation, print } = await take();
    print();
    return look.exitCodeOfLook(observation);
  },
});
