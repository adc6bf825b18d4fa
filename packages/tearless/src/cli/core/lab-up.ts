// A lab that tearless can work on: network, hosts and fleet, the hosts enrolled, a configuration beside the ssh one.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labPaths } from '@tearless/lab/base/lab-state.ts';
import { type FleetLab, type FleetLabOptions, startFleetLab } from '@tearless/lab/fleet/fleet-lab.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { readFacts } from '../../facts/collect.ts';
import { createSshHost } from '../../host/create-host.ts';
import { currentHelper } from './hosts.ts';
import { findTargets, renderLabConfig } from './lab-config.ts';

export interface LabUp {
  readonly lab: FleetLab;
  readonly configPath: string;
  readonly sshConfigPath: string;
}

export const labConfigPath = (name: string): string => join(labPaths(name).folder, 'tearless.yaml');

/** Brings the lab up and makes its hosts ready. It belongs to this process until it is detached. */
export const bringLabUp = async (options: FleetLabOptions): Promise<LabUp> => {
  const lab = await startFleetLab(options);
  const { config: sshConfigPath } = sshPaths(options.name);
  const helper = currentHelper();
  const facts = await Promise.all(
    lab.hosts.map(async ({ name }) => {
      const host = createSshHost({
        name,
        helper,
        destination: { host: name, user: 'root', configFile: sshConfigPath },
      });
      try {
        return await readFacts(host);
      } finally {
        await host.close();
      }
    }),
  );
  const configPath = labConfigPath(options.name);
  const text = renderLabConfig({
    fleet: options.name,
    sshConfig: sshConfigPath,
    hosts: lab.hosts.map(({ name }) => name),
    user: 'root',
    relays: lab.fleet,
    targets: findTargets(facts),
  });
  await writeFile(configPath, text, { mode: 0o600 });
  return { lab, configPath, sshConfigPath };
};
