// Lets the balancer follow the workers on hosts, with a login that can do nothing else there.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'let the balancer follow the workers on hosts, and do nothing else there',
  details:
    'Logs in once with --via and makes: a login tearless-watch with the balancer’s key, the root-owned helper, and a sudoers line for\neach worker. That key then shows the descriptor of these services and whether they are up; it runs no command, opens no port\nand changes nothing. Without it the balancer uses the login of Tearless itself. Run it again when workers were added.',
  examples: [
    ['tearless balance helper enrol', 'all hosts that have workers, as root once'],
    ['tearless balance helper enrol h1 --via admin --public-key balancer.pub', 'for a balancer on another machine'],
  ],
  positionals: [{ name: 'HOST', summary: 'hosts; else all that have workers', variadic: true, complete: 'host' }],
  options: {
    'public-key': {
      type: 'string',
      value: 'FILE',
      summary: "the key of a balancer elsewhere, as 'balance helper key' prints it there",
      complete: 'file',
    },
    via: { type: 'string', value: 'USER', summary: 'who sets it up this once: root by default, or one with sudo' },
    identity: { type: 'string', value: 'FILE', summary: 'the key of --via; else what ssh finds', complete: 'file' },
    yes: { type: 'boolean', summary: 'do not ask' },
  },
  json: 'tearless.balance-helper-enrol/v1',
  async run(context, { options, positionals }) {
    const [watching, { confirm }] = await Promise.all([
      import('../../../core/balance/watch-hosts.ts'),
      import('../../../core/confirm.ts'),
    ]);
    const { output } = context;
    const { hosts, enrol } = await watching.planWatch(context, positionals, {
      ...options,
      publicKey: options['public-key'],
    });
    if (!output.json)
      for (const { host, services } of hosts)
        for (const { name, service } of services)
          output.note(`${host}: ${name}, tor@${service.instance}, ${service.onionAddress} port ${service.port}`);
    const names = hosts.map(({ host }) => host).join(', ');
    if (options.yes !== true && !(await confirm(context, `let the balancer follow these on ${names}`))) {
      output.note('nothing was changed');
      return exitCodes.done;
    }
    const results: { readonly host: string; readonly changed: string[] }[] = [];
    for (const { host } of hosts) results.push({ host, changed: await enrol(host) });
    output.result('tearless.balance-helper-enrol/v1', { hosts: results }, () =>
      results.flatMap(({ host, changed }) =>
        changed.length === 0 ? [`${host}: all is as it should be`] : changed.map((line) => `${host}: ${line}`),
      ),
    );
    return exitCodes.done;
  },
});
