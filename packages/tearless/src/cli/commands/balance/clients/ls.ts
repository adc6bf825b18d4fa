// Lists the clients that may find a restricted onion service.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'list the clients that may find a service',
  examples: [['tearless balance clients ls shop', 'names and public keys']],
  positionals: [
    { name: 'SERVICE', summary: 'name or address of the onion service', required: true, complete: 'onion' },
  ],
  json: 'tearless.balance-clients/v1',
  async run(context, { positionals: [text = ''] }) {
    const [{ readServiceClients }, { renderClientKey }, { renderTable }] = await Promise.all([
      import('../../../core/balance/service-clients.ts'),
      import('@tearless/tor/hsdesc/client-auth-files.ts'),
      import('../../../core/table.ts'),
    ]);
    const { service, isRestricted, folder, clients } = await readServiceClients(context, text);
    const listed = clients.map(({ name, publicKey }) => ({ name, publicKey: renderClientKey(publicKey) }));
    const value = {
      service: service.name,
      address: service.address ?? null,
      isRestricted,
      folder: isRestricted ? folder : null,
      clients: listed,
    };
    context.output.result('tearless.balance-clients/v1', value, () => {
      if (!isRestricted) return [`${service.name} has no clients: everyone who knows the address may find it`];
      if (listed.length === 0) return [`${service.name} is restricted, and nobody may find it`];
      return renderTable(listed, [
        { title: 'CLIENT', cell: ({ name }) => name },
        { title: 'PUBLIC KEY', cell: ({ publicKey }) => publicKey },
      ]);
    });
    return exitCodes.done;
  },
});
