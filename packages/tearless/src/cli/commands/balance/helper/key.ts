// Shows the public half of the key with which the balancer of this machine follows its workers.
import { defineCommand } from '../../../core/command.ts';
import { exitCodes } from '../../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show the key with which the balancer of this machine follows its workers; made where there is none',
  details:
    "For a balancer on a machine of its own: copy what it prints to the machine that manages the hosts, and let it in from there\nwith 'tearless balance helper enrol --public-key FILE'. Where one machine does both, enrol alone does everything.",
  examples: [['tearless balance helper key >balancer.pub', 'the public half; the other never leaves this machine']],
  json: 'tearless.balance-helper-key/v1',
  async run({ surroundings, output }) {
    const [{ statePaths }, { ensureBalancerKey }] = await Promise.all([
      import('../../../core/state-paths.ts'),
      import('../../../core/balance/watch-hosts.ts'),
    ]);
    const state = statePaths(surroundings);
    const publicKey = await ensureBalancerKey(state);
    output.result('tearless.balance-helper-key/v1', { publicKey, file: state.balancerIdentity }, () => [publicKey]);
    return exitCodes.done;
  },
});
