// The configuration with which plain OpenSSH reaches the hosts from this machine: `ssh -F FILE HOST`. The hosts are in
// namespaces that the machine's own network does not know, so the client's connection is opened there for it: nc(1)
// connects in the lab's namespace and passes the connected socket back (ProxyUseFdpass), and nothing stands between.
import { join } from 'node:path';
import { labNamespace, namespacePath } from '../base/lab-name.ts';
import { labPaths, writeWhole } from '../base/lab-state.ts';
import type { LabHost } from './host-record.ts';

export type SshPaths = { folder: string; identity: string; config: string; knownHosts: string; connect: string };

export const sshPaths = (lab: string): SshPaths => {
  const folder = join(labPaths(lab).folder, 'ssh');
  return {
    folder,
    identity: join(folder, 'id_ed25519'),
    config: join(folder, 'config'),
    knownHosts: join(folder, 'known_hosts'),
    connect: join(folder, 'connect'),
  };
};

export const renderKnownHosts = (hosts: readonly Pick<LabHost, 'name' | 'address' | 'hostKey'>[]): string =>
  hosts.map((host) => `${host.name},${host.address} ${host.hostKey}\n`).join('');

/**
 * The script that connects for the client. When nobody answers it says so in the words of ssh itself, which alone would
 * only complain that it was passed no connection; nor does ConnectTimeout hold for a connection that is passed.
 */
export const renderConnect = (lab: string): string => `#!/bin/sh
exec 3>&1
said=$(nsenter --net=${namespacePath(labNamespace(lab))} -- nc.openbsd -v -n -w 5 -F "$1" "$2" 2>&1 >&3) && exit
case $said in *'timed out'*) reason='Connection timed out' ;; *) reason=\${said##*: } ;; esac
echo "ssh: connect to host $1 port $2: $reason" >&2
exit 1
`;

const quote = (path: string): string => `"${path}"`;

export const renderSshConfig = (
  hosts: readonly Pick<LabHost, 'name' | 'address'>[],
  paths: Pick<SshPaths, 'identity' | 'knownHosts' | 'connect'>,
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
    `  ProxyCommand sh ${quote(paths.connect)} %h %p`,
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
  if (hosts.length > 0) writeWhole(paths.config, renderSshConfig(hosts, paths));
  writeWhole(paths.connect, renderConnect(lab));
  return paths;
};
