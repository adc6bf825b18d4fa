// An sshd of our own on 127.0.0.1, with its keys in a directory of its own, for tests of the ssh connection.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ownPort } from '../../base/testing/own-port.ts';
import type { SshDestination } from '../ssh/destination.ts';

const sshdPath = '/usr/sbin/sshd';

/** Why no sshd can be started here, or undefined. */
export const sshdUnavailable = (): string | undefined =>
  existsSync(sshdPath) ? undefined : `${sshdPath} is missing: install the package openssh-server`;

export interface PrivateSshd extends AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  /** Our own user, with a key that it lets in and a known_hosts file that pins its host key. */
  readonly destination: SshDestination & { readonly identityFile: string; readonly knownHostsFile: string };
  /** Processes that serve a connection each. */
  connections(): Promise<string[]>;
  /** Resolves when no connection is left; rejects when one still is after two minutes. */
  idle(): Promise<void>;
  /** Ends every connection at once, as a host does that loses power. */
  cut(): Promise<void>;
  /** Answers with another host key from now on. */
  changeHostKey(): Promise<void>;
  /** Ends sshd; connections that stand go on. */
  stop(): Promise<void>;
}

const makeKey = (path: string): void => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
};

const childrenOf = async (pid: number): Promise<string[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter((child) => child.trim() !== '');

/** A second program that makes keys, for tests that need one which nobody knows. */
export const makeStrangersKey = (directory: string): string => {
  const path = join(directory, 'stranger');
  makeKey(path);
  return path;
};

const config = (directory: string, port: number, extra: readonly string[]): string =>
  [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${directory}/host_key`,
    `AuthorizedKeysFile ${directory}/authorized_keys`,
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PidFile none',
    // So that bash leaves out our user's start-up files, which are no part of what is tested.
    'SetEnv SHLVL=2',
    ...extra,
    '',
  ].join('\n');

/** @param extra further lines of sshd_config */
export const startPrivateSshd = async (extra: readonly string[] = []): Promise<PrivateSshd> => {
  const directory = await mkdtemp(join(tmpdir(), 'tearless-sshd-'));
  const user = userInfo().username;
  // Debian's sshd wants this directory when root starts it; its package's unit makes it.
  const madePrivilegeDirectory = await mkdir('/run/sshd', { mode: 0o755 }).then(
    () => true,
    () => false,
  );
  makeKey(join(directory, 'host_key'));
  makeKey(join(directory, 'id'));
  await writeFile(join(directory, 'authorized_keys'), await readFile(join(directory, 'id.pub')));
  const port = await ownPort();
  await writeFile(join(directory, 'sshd_config'), config(directory, port, extra));
  const hostKey = (await readFile(join(directory, 'host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  const knownHostsFile = join(directory, 'known_hosts');
  await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${hostKey}\n`);

  const start = async (): Promise<ChildProcess> => {
    const child = spawn(sshdPath, ['-D', '-e', '-f', join(directory, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('Server listening')) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`sshd ended: ${said}`)));
    });
    return child;
  };
  let daemon = await start();
  const stop = async (): Promise<void> => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
  };
  const connections = (): Promise<string[]> => childrenOf(daemon.pid ?? 0);
  return {
    port,
    directory,
    destination: { host: '127.0.0.1', port, user, identityFile: join(directory, 'id'), knownHostsFile },
    stop,
    connections,
    idle: async () => {
      for (let tries = 0; (await connections()).length > 0; tries += 1) {
        if (tries === 2400) throw new Error('a connection is still there');
        await delay(50);
      }
    },
    cut: async () => {
      const monitors = await connections();
      // The process that holds the socket stands below each where sshd separates privileges.
      const below = await Promise.all(monitors.map((pid) => childrenOf(Number(pid)).catch(() => [])));
      const pids = [...monitors, ...below.flat()];
      if (pids.length > 0) execFileSync('kill', ['-s', 'KILL', '--', ...pids]);
    },
    changeHostKey: async () => {
      await stop();
      await rm(join(directory, 'host_key'));
      makeKey(join(directory, 'host_key'));
      daemon = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(directory, { recursive: true });
      if (madePrivilegeDirectory) await rmdir('/run/sshd').catch(() => {});
    },
  };
};
