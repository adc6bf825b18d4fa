// What makes a host this host and no other: its names, its machine id, its ssh host key, and who may log in.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../base/run.ts';
import { hostPaths, type LabHost } from './host-record.ts';
import { sshPaths } from './ssh-config.ts';

/** The ordinary login user of every host, made by rootfs/furnish.sh. It has no rights beyond its own. */
export const operator = { name: 'operator', uid: 1000, gid: 100 };

/** Makes the key pair with which the lab's user logs in, if it is not there; gives the public key. */
export const makeLoginKey = async (lab: string): Promise<string> => {
  const { folder, identity } = sshPaths(lab);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(identity)) {
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `lab ${lab}`, '-f', identity]);
  }
  return readFileSync(`${identity}.pub`, 'utf8').trim();
};

const renderHostsFile = (self: LabHost, all: readonly LabHost[]): string =>
  [
    '127.0.0.1 localhost',
    `127.0.1.1 ${self.name}`,
    ...all.filter((host) => host.name !== self.name).map((host) => `${host.address} ${host.name}`),
    '',
  ].join('\n');

/** Writes a host's /etc/hosts: all hosts of its lab by name. */
export const writeHostsFile = (self: LabHost, all: readonly LabHost[]): void => {
  writeFileSync(join(hostPaths(self.lab, self.name).root, 'etc/hosts'), renderHostsFile(self, all));
};

const authorise = (home: string, loginKey: string, uid: number, gid: number): void => {
  const folder = join(home, '.ssh');
  const file = join(folder, 'authorized_keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${loginKey}\n`, { mode: 0o600 });
  for (const path of [folder, file]) chownSync(path, uid, gid);
};

/**
 * Gives a new host its identity. Its root must be mounted and the host not be running.
 * @returns its public ssh host key
 */
export const writeIdentity = async (host: Omit<LabHost, 'hostKey'>, loginKey: string): Promise<string> => {
  const { root } = hostPaths(host.lab, host.name);
  writeFileSync(join(root, 'etc/hostname'), `${host.name}\n`);
  writeFileSync(join(root, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  authorise(join(root, 'root'), loginKey, 0, 0);
  authorise(join(root, 'home', operator.name), loginKey, operator.uid, operator.gid);
  return await makeHostKey(root, host.name);
};

/** Makes a new ssh host key in the file system at `root`; gives the public one. */
export const makeHostKey = async (root: string, name: string): Promise<string> => {
  const path = join(root, 'etc/ssh/ssh_host_ed25519_key');
  // Answered on standard input: overwrite the former key, if there is one.
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path], { input: 'y\n' });
  chmodSync(path, 0o600);
  const [type, key] = readFileSync(`${path}.pub`, 'utf8').split(' ');
  return `${type} ${key}`;
};
