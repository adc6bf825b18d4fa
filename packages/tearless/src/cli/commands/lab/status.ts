// Shows what a lab consists of and what of it runs.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';
import { renderTable } from '../../core/table.ts';

export const command = defineCommand({
  summary: 'show what a lab consists of and what of it runs',
  examples: [['tearless lab status', 'nodes of the private network, hosts, relays']],
  positionals: [{ name: 'NAME', summary: "the lab's name; lab by default" }],
  json: 'tearless.lab-status/v1',
  async run(context, { positionals: [name = 'lab'] }) {
    const [{ openFleetLab }, { findLab }, { readLeader }, { tryExecOnHost }, { labConfigPath }, { asCliError }] =
      await Promise.all([
        import('@tearless/lab/fleet/fleet-lab.ts'),
        import('../../core/lab-record.ts'),
        import('@tearless/lab/hosts/leader.ts'),
        import('@tearless/lab/hosts/exec.ts'),
        import('../../core/lab-up.ts'),
        import('../../core/lab-error.ts'),
      ]);
    try {
      const lab = openFleetLab(findLab(name));
      const { style } = context.output;
      const hosts = lab.hosts.map((host) => ({
        name: host.name,
        address: host.address,
        suite: host.suite,
        running: readLeader(host) !== undefined,
      }));
      const relays = await Promise.all(
        lab.fleet.map(async ({ host, name: relay, fingerprint }) => {
          const machine = lab.hosts.find((candidate) => candidate.name === host);
          const running =
            machine !== undefined &&
            readLeader(machine) !== undefined &&
            (await tryExecOnHost(machine, ['systemctl', 'is-active', '--quiet', `tor@${relay}.service`])).code === 0;
          return { relay: `${host}/${relay}`, fingerprint, running };
        }),
      );
      const nodes = lab.network.nodes.map(({ plan }) => ({
        name: plan.nickname,
        role: plan.role,
        address: plan.address,
      }));
      await lab.network.disconnect();
      const word = (running: boolean) => (running ? style.good('runs') : style.bad('down'));
      context.output.result(
        'tearless.lab-status/v1',
        { name, config: labConfigPath(name), hosts, relays, nodes },
        () => [
          ...renderTable(hosts, [
            { title: 'HOST', cell: (host) => host.name },
            { title: 'ADDRESS', cell: (host) => host.address },
            { title: 'SUITE', cell: (host) => host.suite },
            { title: 'STATE', cell: (host) => word(host.running) },
          ]),
          '',
          ...renderTable(relays, [
            { title: 'RELAY', cell: (relay) => relay.relay },
            { title: 'FINGERPRINT', cell: (relay) => relay.fingerprint },
            { title: 'STATE', cell: (relay) => word(relay.running) },
          ]),
          '',
          ...renderTable(nodes, [
            { title: 'NODE', cell: (node) => node.name },
            { title: 'ROLE', cell: (node) => node.role },
            { title: 'ADDRESS', cell: (node) => node.address },
          ]),
          '',
          `configuration: ${labConfigPath(name)}`,
        ],
      );
      return exitCodes.done;
    } catch (error) {
      throw asCliError(error);
    }
  },
});
