// Shows where the keys of balanced services lie.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show where the keys of balanced services lie, until when they hold, and what is wrong with that',
  details:
    'What is on this machine is looked at; of workers it says where their own keys were made and stay. Copies that were made by\nother means are not known. Nothing secret is shown.',
  examples: [
    ['tearless balance keys show', 'of all services in tearless.yaml'],
    ['tearless balance keys show --config config.yaml', 'of those in a configuration of Onionbalance'],
  ],
  json: 'tearless.balance-keys/v1',
  async run(context) {
    const [{ readServices }, { listKeys }, { renderTable }, { formatInstant }] = await Promise.all([
      import('../../../core/balance/find-service.ts'),
      import('../../../core/balance/list-keys.ts'),
      import('../../../core/table.ts'),
      import('../../../../report/format.ts'),
    ]);
    const { output } = context;
    const { services } = await readServices(context);
    const places = await listKeys(context, services);
    const named = services.map(({ name, address }) => ({ name, address: address ?? null }));
    const value = { services: named, places: places.map((place) => ({ ...place, problems: [...place.problems] })) };
    output.result('tearless.balance-keys/v1', value, () => {
      if (services.length === 0) return ['no balanced services are declared'];
      const of = (service: string | null) => {
        const own = places.filter((place) => place.service === service);
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
    return exitCodes.done;
  },
});
