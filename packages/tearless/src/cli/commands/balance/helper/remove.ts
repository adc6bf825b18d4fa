// Takes back what `balance helper enrol` did.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: "take back what 'balance helper enrol' did on hosts",
  details: 'Logs in once with --via. Workers go on running; the balancer learns of them as it does of those elsewhere.',
  examples: [['tearless balance helper remove h1', 'asks first; logs in as root once']],
  positionals: [{ name: 'HOST', summary: 'declared hosts', variadic: true, required: true, complete: 'host' }],
  options: {
    via: { type: 'string', value: 'USER', summary: 'who takes it back: root by default, or one with sudo' },
    identity: { type: 'string', value: 'FILE', summary: 'the key of --via; else what ssh finds', complete: 'file' },
    yes: { type: 'boolean', summary: 'do not ask' },
  },
  json: 'tearless.balance-helper-remove/v1',
  async run(context, { options, positionals }) {
    const [watching, { confirm }] = await Promise.all([
      import('../../../core/balance/watch-hosts.ts'),
      import('../../../core/confirm.ts'),
    ]);
    const { output } = context;
    const { hosts, remove } = await watching.planUnwatch(context, positionals, options);
    if (options.yes !== true && !(await confirm(context, `keep the balancer’s key out of ${hosts.join(', ')}`))) {
      output.note('nothing was changed');
      return exitCodes.done;
    }
    const results: { readonly host: string; readonly changed: string[] }[] = [];
    for (const host of hosts) results.push({ host, changed: await remove(host) });
    output.result('tearless.balance-helper-remove/v1', { hosts: results }, () =>
      results.flatMap(({ host, changed }) =>
        changed.length === 0 ? [`${host}: there was nothing`] : changed.map((line) => `${host}: ${line}`),
      ),
    );
    return exitCodes.done;
  },
});
