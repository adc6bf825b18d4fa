// Makes a key that signs live updates.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'make a key that signs live updates',
  details:
    'An ed25519 key of ssh-keygen, without a passphrase, readable by you alone. Whoever has it decides what the relays of hosts\nthat trust it do. A key with a passphrase or on a token is made with ssh-keygen itself: put it into an agent, and name its\n.pub file with --key.',
  examples: [
    ['tearless live key make', 'the one that is used unless another is named'],
    ['tearless live key make next', 'another one, to go over to'],
  ],
  positionals: [{ name: 'FILE', summary: 'where it goes; must not be there yet', complete: 'file' }],
  json: 'tearless.live-key/v1',
  async run(context, { positionals: [file] }) {
    const [{ makeKey }, { describeSigner, pathOf }] = await Promise.all([
      import('../../../core/live/make-key.ts'),
      import('../../../core/live/plan-trust.ts'),
    ]);
    const path = pathOf(context, file);
    const signer = await makeKey(context, path);
    context.output.result('tearless.live-key/v1', { path, key: `${signer.type} ${signer.key}` }, () => [
      `${describeSigner(signer)} in ${path}`,
      `let hosts trust it: tearless live key trust${file === undefined ? '' : ` ${file}.pub`}`,
    ]);
    return exitCodes.done;
  },
});
