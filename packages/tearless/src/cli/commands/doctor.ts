// Looks at everything that Tearless stands on, side by side: names each check, what is wrong, and what mends it.
import { defineCommand } from '../core/command.ts';
import { exitCodes } from '../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'check this machine, the configuration, hosts and relays; say what mends what is wrong',
  details: 'Changes nothing. Ends with 7 when there are problems.',
  examples: [['tearless doctor', 'node, openssh, configuration, state, runs, hosts, locks, drift, family']],
  json: 'tearless.doctor/v1',
  async run(context) {
    const [machine, { checkFleet }, { describeChecks }, { renderChecks }] = await Promise.all([
      import('../core/doctor/machine-checks.ts'),
      import('../core/doctor/check-fleet.ts'),
      import('../core/check.ts'),
      import('../core/render/check-lines.ts'),
    ]);
    const checks = (
      await Promise.all([
        machine.checkNode(),
        machine.checkSsh(context),
        machine.checkConfig(context),
        machine.checkState(context),
        checkFleet(context),
      ])
    ).flat();
    const problems = checks.filter(({ outcome }) => outcome === 'problem').length;
    context.output.result('tearless.doctor/v1', { problems, checks: describeChecks(checks) }, () =>
      renderChecks(checks, context.output.style),
    );
    return problems === 0 ? exitCodes.done : exitCodes.findings;
  },
});
