// The configuration with which plain OpenSSH reaches the hosts from this machine: `ssh -F FILE HOST`. The hosts are in
// namespaces that the machine's own network does not know, so the client's connection is opened there for it: nc(1)
// connects in the lab's namespace and passes the connected socket back (ProxyUseFdpass), and nothing stands between.
import { join } from 'node:path';
import { labNamespace, namespacePath } from '../base/lab-name.ts';
import { labPaths, writeWhole } from '../base/lab-state.ts';
import type { LabHost } from './host-record.ts';

export type SshPaths = { folder: string; identity: string; config: string; knownHosts: string };

export const sshPaths = (lab: string): SshPaths => {
  const folder = join(labPaths(lab).folder, 'ssh');
  return {
    folder,
    identity: join(folder, 'id_ed25519'),
    config: join(folder, 'config'),
    knownHosts: join(folder, 'known_hosts'),
  };
};

export const renderKnownHosts = (hosts: readonly Pick<LabHost, 'name' | 'address' | 'hostKey'>[]): string =>
  hosts.map((host) => `${host.name},${host.address} ${host.hostKey}\n`).join('');

const quote = (path: string): string => `"${path}"`;

export const renderSshConfig = (
  lab: string,
  hosts: readonly Pick<LabHost, 'name' | 'address'>[],
  paths: Pick<SshPaths, 'identity' | 'knownHosts'>,
): string => {
  const entries = hosts.map(({ name, address }) => `Host ${name}\n  HostName ${address}\n`);
  const common = [
    `Host ${hosts.flatMap(({ name, address }) => [name, address]).join(' ')}`,
    '  User operator',
    `  IdentityFile ${quote(paths.identity)}`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile ${quote(paths.knownHosts)}`,
    '  GlobalKnownHostsFile none',
    '  StrictHostKeyChecking yes',
    '  UpdateHostKeys no',
    '  ConnectTimeout 10',
    `  ProxyCommand nsenter --net=${namespacePath(labNamespace(lab))} -- nc.openbsd -F %h %p`,
    '  ProxyUseFdpass yes',
    '',
  ];
  return `${entries.join('\n')}\n${common.join('\n')}`;
};

/**
 * Writes the lab's OpenSSH configuration and the file of pinned host keys beside it. `ssh -F CONFIG NAME` logs in as the
 * ordinary user, `ssh -F CONFIG root@NAME` as root; needs root on this machine, as the lab itself does.
 */
export const writeSshConfig = (lab: string, hosts: readonly LabHost[]): SshPaths => {
  const paths = sshPaths(lab);
  writeWhole(paths.knownHosts, renderKnownHosts(hosts));
  if (hosts.length > 0) writeWhole(paths.config, renderSshConfig(lab, hosts, paths));
  return paths;
};
