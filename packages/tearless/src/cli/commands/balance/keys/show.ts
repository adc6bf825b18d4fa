// Shows where the keys of balanced services lie.
import type { KeysSeen } from '../../../core/balance/keys-on-hosts.ts';
import { defineCommand } from '../../../core/command.ts';
import type { CommandContext } from '../../../core/context.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

const askHosts = async (context: CommandContext): Promise<KeysSeen> => {
  const [{ openReadFleet }, { lookForKeys }] = await Promise.all([
    import('../../../core/fleet.ts'),
    import('../../../core/balance/keys-on-hosts.ts'),
  ]);
  await using fleet = await openReadFleet(context);
  return await lookForKeys(fleet, context);
};

export const command = defineCommand({
  summary: 'show where the keys of balanced services lie, until when they hold, and what is wrong with that',
  details:
    'Looks at the files of this machine and asks the helpers of all declared hosts: whose key lies with which tor, each copy of\none, and what is left of workers that were. Copies that were made by other means are not known. Nothing secret is shown.\nA host that does not answer is named; the exit code is then 4.',
  examples: [
    ['tearless balance keys show', 'of all services in tearless.yaml, here and on the hosts'],
    ['tearless balance keys show --here', 'without asking any host'],
    ['tearless balance keys show --config config.yaml', 'of those in a configuration of Onionbalance'],
  ],
  options: { here: { type: 'boolean', summary: 'look at this machine alone' } },
  json: 'tearless.balance-keys/v1',
  async run(context, { options }) {
    const [{ readServices }, { listKeys }, { renderTable }, { formatInstant }] = await Promise.all([
      import('../../../core/balance/find-service.ts'),
      import('../../../core/balance/list-keys.ts'),
      import('../../../core/table.ts'),
      import('../../../../report/format.ts'),
    ]);
    const { output } = context;
    const { services, isOnionbalance } = await readServices(context);
    const seen = options.here === true || isOnionbalance ? undefined : await askHosts(context);
    const places = await listKeys(context, services, seen);
    const named = services.map(({ name, address }) => ({ name, address: address ?? null }));
    const look = await import('../../../core/look-at-relays.ts');
    const value = {
      services: named,
      places: places.map((place) => ({ ...place, problems: [...place.problems] })),
      unreachable: seen === undefined ? [] : look.describeUnreachable(seen),
    };
    output.result('tearless.balance-keys/v1', value, () => {
      if (services.length === 0) return ['no balanced services are declared'];
      const of = (service: string | null) => {
        const own = places.filter((place) => place.service === service);
        if (own.length === 0) return [];
        return [
          ...renderTable(own, [
            { title: 'WHAT', cell: ({ what }) => what },
            { title: 'WHERE', cell: ({ where }) => where },
            { title: 'MODE', cell: ({ mode }) => mode ?? '-' },
            { title: 'UNTIL', cell: ({ untilMs }) => (untilMs === null ? '-' : formatInstant(untilMs)) },
          ]),
          ...own.flatMap(({ where, problems }) =>
            problems.map((problem) => output.style.warn(`warning: ${where}: ${problem}`)),
          ),
          '',
        ];
      };
      return [
        ...named.flatMap(({ name, address }) => [
          output.style.strong(address === null ? name : `${name}  ${address}`),
          ...of(name),
        ]),
        ...of(null),
      ].slice(0, -1);
    });
    if (seen === undefined) return exitCodes.done;
    const { renderUnreachable } = await import('../../../core/render/finding-lines.ts');
    if (!output.json) for (const line of renderUnreachable(seen.unreachable, output.errorStyle)) output.note(line);
    return look.exitCodeOfLook(seen);
  },
});
