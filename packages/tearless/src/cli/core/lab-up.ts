// A lab that tearless can work on: network, hosts and fleet, the hosts enrolled, a configuration beside the ssh one.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import { labPaths } from '@tearless/lab/base/lab-state.ts';
import { type FleetLab, type FleetLabOptions, startFleetLab } from '@tearless/lab/fleet/fleet-lab.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { readFacts } from '../../facts/collect.ts';
import type { HostFacts } from '../../facts/observed.ts';
import { createSshHost } from '../../host/create-host.ts';
import { enrolHost } from '../../host/enrol/enrol-host.ts';
import { SshTransport } from '../../host/ssh/ssh-transport.ts';
import { currentHelper } from './hosts.ts';
import { findTargets, renderLabConfig } from './lab-config.ts';

export interface LabUp {
  readonly lab: FleetLab;
  readonly configPath: string;
  readonly sshConfigPath: string;
}

/** The lab's ordinary login: the ssh configuration of the lab logs in as it. */
export const labLogin = 'operator';

export const labConfigPath = (name: string): string => join(labPaths(name).folder, 'tearless.yaml');

/** Lets the ordinary login work on the host, as `host add` does, and reads the host with it. */
export const enrolLabHost = async (name: string, sshConfigPath: string, publicKey: string): Promise<HostFacts> => {
  const helper = currentHelper();
  const asRoot = new SshTransport(name, { host: name, user: 'root', configFile: sshConfigPath });
  try {
    await enrolHost({ wayIn: asRoot, login: labLogin, publicKey, helper });
  } finally {
    await asRoot.close();
  }
  const host = createSshHost({ name, helper, destination: { host: name, user: labLogin, configFile: sshConfigPath } });
  try {
    return await readFacts(host);
  } finally {
    await host.close();
  }
};

const makeReady = async (lab: FleetLab, { name, onProgress }: FleetLabOptions): Promise<LabUp> => {
  const { config: sshConfigPath, identity } = sshPaths(name);
  onProgress?.('the hosts get their ordinary login and the helper');
  const publicKey = (await readFile(`${identity}.pub`, 'utf8')).trim();
  const facts = await Promise.all(lab.hosts.map((host) => enrolLabHost(host.name, sshConfigPath, publicKey)));
  const configPath = labConfigPath(name);
  const text = renderLabConfig({
    fleet: name,
    sshConfig: sshConfigPath,
    hosts: lab.hosts.map((host) => host.name),
    user: labLogin,
    relays: lab.fleet,
    targets: findTargets(facts),
  });
  await writeFile(configPath, text, { mode: 0o600 });
  return { lab, configPath, sshConfigPath };
};

/**
 * Brings the lab up and makes its hosts ready. It belongs to this process until it is detached; what was made is removed
 * when it fails.
 */
export const bringLabUp = async (options: FleetLabOptions): Promise<LabUp> => {
  const lab = await startFleetLab(options);
  try {
    return await makeReady(lab, options);
  } catch (error) {
    await dropLab(options.name);
    throw error;
  }
};
