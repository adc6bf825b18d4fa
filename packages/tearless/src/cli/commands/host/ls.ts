// The declared hosts and what they are.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';
import type { HostInspection } from '../../core/inspect-host.ts';

const describe = ({ name, config, login, helper, facts, error }: HostInspection): JsonObject => ({
  name,
  address: config.address ?? name,
  port: config.port ?? null,
  local: config.local === true,
  user: login?.user ?? null,
  os: facts === undefined ? null : { ...facts.os },
  torVersion: facts?.torVersion ?? null,
  relays: facts?.instances.length ?? null,
  helper: helper === undefined ? null : { ...helper },
  error:
    error === undefined
      ? null
      : { code: error.code, kind: error.kind, message: error.message, hint: error.hint ?? null },
});

export const command = defineCommand({
  summary: 'list hosts: operating system, tor, relays, helper',
  examples: [['tearless host ls', 'every declared host, asked now']],
  json: 'tearless.host-list/v1',
  async run(context) {
    const [{ openReadFleet }, { inspectHosts }, { renderHosts }, { renderUnreachable }] = await Promise.all([
      import('../../core/fleet.ts'),
      import('../../core/inspect-host.ts'),
      import('../../core/render/host-lines.ts'),
      import('../../core/render/finding-lines.ts'),
    ]);
    const { output } = context;
    await using fleet = await openReadFleet(context);
    const hosts = await inspectHosts(fleet, Object.keys(fleet.config.hosts), context);
    output.result('tearless.host-list/v1', { fleet: fleet.config.fleet, hosts: hosts.map(describe) }, () =>
      renderHosts(hosts, output.style),
    );
    const failed = hosts.flatMap(({ name, error }) => (error === undefined ? [] : [[name, error] as const]));
    if (!output.json) for (const line of renderUnreachable(new Map(failed), output.errorStyle)) output.note(line);
    return failed.length === 0 ? exitCodes.done : exitCodes.someHostsUnreachable;
  },
});
