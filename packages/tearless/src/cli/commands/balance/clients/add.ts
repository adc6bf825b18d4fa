// Lets a client find a restricted onion service; the first one restricts it.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'let a client find a service that is restricted; the first one restricts it',
  details:
    'Makes a pair of keys unless the client gives its public one. The public key is kept in the folder of the service’s clients,\nin a file NAME.auth as tor has them in authorized_clients. The secret one is shown once, or written to a file, and kept\nnowhere: it is the line of a file NAME.auth_private in the client’s ClientOnionAuthDir. A running balancer lets the client\nin with its next look.',
  examples: [
    ['tearless balance clients add ann shop --out ann.auth_private', 'a new pair; ann.auth_private is for Ann alone'],
    [
      'tearless balance clients add bob shop --public-key descriptor:x25519:2HFCTHULR55EX67ZXR7UZWPF2GIXSWDVAHJ6QHBYUMRK5EKQ6QFA',
      'Bob keeps his secret key',
    ],
  ],
  positionals: [
    { name: 'NAME', summary: 'of the client: letters, digits, _, - and .', required: true },
    { name: 'SERVICE', summary: 'name or address of the onion service', required: true, complete: 'onion' },
  ],
  options: {
    'public-key': {
      type: 'string',
      value: 'KEY',
      summary: 'the client’s X25519 key, as descriptor:x25519:… or its base32',
    },
    out: {
      type: 'string',
      value: 'FILE',
      summary: 'write the secret key there instead of showing it',
      complete: 'file',
    },
    yes: { type: 'boolean', summary: 'do not ask' },
  },
  json: 'tearless.balance-client/v1',
  async run(context, { options, positionals: [name = '', text = ''] }) {
    const [{ addClient }, { confirm }] = await Promise.all([
      import('../../../core/balance/change-clients.ts'),
      import('../../../core/confirm.ts'),
    ]);
    const { output } = context;
    const planned = await addClient(context, { name, text, publicKey: options['public-key'], out: options.out });
    for (const line of planned.notes) output.note(line);
    if (options.yes !== true && planned.question !== null && !(await confirm(context, planned.question)))
      return exitCodes.refused;
    planned.write();
    output.result('tearless.balance-client/v1', planned.value, () => planned.lines);
    return exitCodes.done;
  },
});
