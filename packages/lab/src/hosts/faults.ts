// What goes wrong with hosts, made to go wrong: for tests of what must happen then.
import { labNamespace } from '../base/lab-name.ts';
import { runIp } from '../base/namespaces.ts';
import { execOnHost } from './exec.ts';
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

// The listener is the first process of ssh.service and stays. The processes of a session (two or three) hold its
// connection together: all of them must go. What the session ran goes on, as it does when a network fails.
const killSessions = `
main=$(systemctl show --property=MainPID --value ssh.service)
for pid in $(pgrep '^sshd'); do [ "$pid" = "$main" ] || kill -KILL "$pid" 2>/dev/null || :; done
`;

/** Ends every ssh session on the host in the middle of what it does; new ones can be opened. */
export const killSsh = async (host: LabHost): Promise<void> => {
  await execOnHost(host, ['sh', '-s'], { input: killSessions });
};

/** Stops the host's ssh server: new connections are refused, sessions end. */
export const stopSsh = async (host: LabHost): Promise<void> => {
  await execOnHost(host, ['systemctl', 'stop', 'ssh.service']);
  await killSsh(host);
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
