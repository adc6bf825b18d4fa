// What goes wrong with hosts, made to go wrong: for tests of what must happen then.
import { labNamespace } from '../base/lab-name.ts';
import { runIp } from '../base/namespaces.ts';
import { execOnHost, tryExecOnHost } from './exec.ts';
import { bridgePort, hostPaths, type LabHost } from './host-record.ts';
import { makeHostKey } from './identity.ts';

export { fillDisk, healDisk } from './disk.ts';
export { killHost } from './host-process.ts';

/** Pulls the host's cable: packets vanish, connections hang. */
export const cutHost = async (host: LabHost): Promise<void> => {
  await runIp(labNamespace(host.lab), [`link set ${bridgePort(host)} down`]);
};

export const healHost = async (host: LabHost): Promise<void> => {
  await runIp(labNamespace(host.lab), [`link set ${bridgePort(host)} up`]);
};

/** Ends every ssh session on the host in the middle of what it does; new ones can be opened. */
export const killSsh = async (host: LabHost): Promise<void> => {
  // The listener is the first process of ssh.service and stays; its children serve the sessions. 1: there were none.
  await tryExecOnHost(host, ['sh', '-c', 'pkill -KILL -P "$(systemctl show --property=MainPID --value ssh.service)"']);
};

/** Stops the host's ssh server: connections are refused. */
export const stopSsh = async (host: LabHost): Promise<void> => {
  await execOnHost(host, ['systemctl', 'stop', 'ssh.service']);
  await tryExecOnHost(host, ['pkill', '-KILL', '-x', 'sshd|sshd-session']);
};

export const startSsh = async (host: LabHost): Promise<void> => {
  await execOnHost(host, ['systemctl', 'start', 'ssh.service']);
};

/** Gives the host another ssh host key, as a reinstallation or an impostor would; the pinned one stays as it was. */
export const changeHostKey = async (host: LabHost): Promise<void> => {
  await makeHostKey(hostPaths(host.lab, host.name).root, host.name);
  await execOnHost(host, ['systemctl', 'restart', 'ssh.service']);
};

/** Takes a library away, as an upgrade that renames it does. Processes that have loaded it keep it. */
export const removeLibrary = async (host: LabHost, path: string): Promise<void> => {
  await execOnHost(host, ['mv', '-T', '--', path, `${path}.removed`]);
};

export const restoreLibrary = async (host: LabHost, path: string): Promise<void> => {
  await execOnHost(host, ['mv', '-T', '--', `${path}.removed`, path]);
};
