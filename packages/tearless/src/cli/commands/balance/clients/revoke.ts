// Takes a client off those that may find a restricted onion service.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'let a client find a service no more',
  details:
    'The next descriptors cannot be read by it. A client that has read one keeps it for a while; how long is said. A service whose\nlast client is revoked stays restricted: nobody finds it.',
  examples: [['tearless balance clients revoke ann shop', 'from the next look of the balancer on']],
  positionals: [
    { name: 'NAME', summary: 'of the client', required: true },
    { name: 'SERVICE', summary: 'name or address of the onion service', required: true, complete: 'onion' },
  ],
  options: { yes: { type: 'boolean', summary: 'do not ask' } },
  json: 'tearless.balance-client-revoked/v1',
  async run(context, { options, positionals: [name = '', text = ''] }) {
    const [{ revokeClient }, { confirm }] = await Promise.all([
      import('../../../core/balance/change-clients.ts'),
      import('../../../core/confirm.ts'),
    ]);
    const { output } = context;
    const planned = await revokeClient(context, { name, text });
    for (const line of planned.notes) output.note(line);
    if (options.yes !== true && !(await confirm(context, planned.question))) return exitCodes.refused;
    planned.write();
    output.result('tearless.balance-client-revoked/v1', planned.value, () => planned.lines);
    return exitCodes.done;
  },
});
