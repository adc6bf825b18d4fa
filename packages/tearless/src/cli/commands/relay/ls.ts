// Which relays there are: declared ones, and instances in use that nobody declared.
import { defineCommand } from '../../core/command.ts';
import { limitOption } from '../../core/plan-options.ts';

export const command = defineCommand({
  summary: 'list relays, declared and found',
  details:
    'Reads the hosts. Instances that are in use and not declared stand at the end.\nA host that does not answer is named; the exit code is then 4.',
  examples: [
    ['tearless relay ls', 'every relay of the fleet'],
    ['tearless relay ls --limit host=h1 --json', 'those of one host, for programs'],
  ],
  options: limitOption,
  json: 'tearless.relay-list/v1',
  async run(context, { options: { limit } }) {
    const [{ openReadFleet }, look, { renderRelayList }, { renderUnreachable }] = await Promise.all([
      import('../../core/fleet.ts'),
      import('../../core/look-at-relays.ts'),
      import('../../core/render/relay-lines.ts'),
      import('../../core/render/finding-lines.ts'),
    ]);
    await using fleet = await openReadFleet(context);
    const { relays, observation } = await look.lookAtRelays(fleet, { limit }, context);
    const listed = relays.map(({ id, host, instance, declared, labels, nickname, fingerprint, state, wanted }) => ({
      id,
      host,
      instance,
      declared,
      labels,
      nickname: nickname ?? null,
      fingerprint: fingerprint ?? null,
      state,
      wanted: [...wanted],
    }));
    const { output } = context;
    output.result(
      'tearless.relay-list/v1',
      { fleet: fleet.config.fleet, relays: listed, unreachable: look.describeUnreachable(observation) },
      () => renderRelayList(relays, output.style),
    );
    if (!output.json)
      for (const line of renderUnreachable(observation.unreachable, output.errorStyle)) output.note(line);
    return look.exitCodeOfLook(observation);
  },
});
