// Whether hosts can be worked with, check by check, and what mends what is wrong.
import { describeChecks, exitCodeOfChecks } from '../../core/check.ts';
import { defineCommand } from '../../core/command.ts';

export const command = defineCommand({
  summary: 'check hosts: reach, host key, login, sudo, helper, facts, clock, disk',
  details:
    'Each problem comes with what mends it. Ends with 4 when there is no way to a host, with 7 for other problems.',
  examples: [
    ['tearless host check', 'all hosts'],
    ['tearless host check h1 h2', 'these'],
  ],
  positionals: [{ name: 'NAME', summary: 'hosts; else all that are declared', variadic: true, complete: 'host' }],
  json: 'tearless.host-check/v1',
  async run(context, { positionals }) {
    const [{ openReadFleet }, { inspectHosts }, { checkHost }, { renderChecks }, { readHostNames }] = await Promise.all(
      [
        import('../../core/fleet.ts'),
        import('../../core/inspect-host.ts'),
        import('../../core/host-checks.ts'),
        import('../../core/render/check-lines.ts'),
        import('../../core/named-hosts.ts'),
      ],
    );
    await using fleet = await openReadFleet(context);
    const names = readHostNames(fleet.config, positionals);
    const checks = (await inspectHosts(fleet, names, context)).flatMap(checkHost);
    context.output.result('tearless.host-check/v1', { checks: describeChecks(checks) }, () =>
      renderChecks(checks, context.output.style),
    );
    return exitCodeOfChecks(checks);
  },
});
