// Sets a host up for an ordinary login, and takes that back: the operator's own key, the pinned host key, and what the
// host itself gets. The configuration is the command's business.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { enrolHost, unenrolHost } from '../../host/enrol/enrol-host.ts';
import { type HostKey, pinHostKey } from '../../host/ssh/host-key.ts';
import { ensureLoginKey } from '../../host/ssh/login-key.ts';
import { SshTransport } from '../../host/ssh/ssh-transport.ts';
import type { HostSetup } from './host-words.ts';
import { currentHelper } from './hosts.ts';
import type { StatePaths } from './state-paths.ts';

/** The pinned key of a host as text; empty where none is. */
export const readPinned = (state: StatePaths, name: string): string => {
  try {
    return readFileSync(state.pinnedHostKey(name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

/** Pins the key while `act` goes on, and for good when it succeeds. */
const withPinned = async <T>(state: StatePaths, name: string, key: HostKey, act: (file: string) => Promise<T>) => {
  const file = state.pinnedHostKey(name);
  const former = readPinned(state, name);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await pinHostKey(file, key, { replace: true });
  try {
    return await act(file);
  } catch (error) {
    if (former === '') rmSync(file, { force: true });
    else writeFileSync(file, former, { mode: 0o600 });
    throw error;
  }
};

/**
 * @param key confirmed
 * @returns what was changed on the host, for people
 * @throws HostError; the host key is then pinned as it was before
 */
export const setUpHost = (setup: HostSetup, key: HostKey, state: StatePaths, signal: AbortSignal): Promise<string[]> =>
  withPinned(state, setup.name, key, async (knownHostsFile) => {
    const wayIn = new SshTransport(setup.name, { ...setup.wayIn, knownHostsFile });
    try {
      if (setup.asRoot) {
        await wayIn.login(signal);
        return [];
      }
      mkdirSync(state.sshDirectory, { recursive: true, mode: 0o700 });
      const publicKey = await ensureLoginKey(state.identityFile);
      return await enrolHost({ wayIn, login: setup.login, publicKey, helper: currentHelper(), signal });
    } finally {
      await wayIn.close();
    }
  });

/** Takes back what `setUpHost` did on the host. @returns what was changed there */
export const takeDownHost = async (
  setup: HostSetup,
  state: StatePaths,
  purge: boolean,
  signal: AbortSignal,
): Promise<string[]> => {
  const isPinned = readPinned(state, setup.name) !== '';
  const wayIn = new SshTransport(setup.name, {
    ...setup.wayIn,
    ...(isPinned ? { knownHostsFile: state.pinnedHostKey(setup.name) } : {}),
  });
  try {
    mkdirSync(state.sshDirectory, { recursive: true, mode: 0o700 });
    const publicKey = await ensureLoginKey(state.identityFile);
    return await unenrolHost({ wayIn, login: setup.login, publicKey, purge, signal });
  } finally {
    await wayIn.close();
  }
};

export const forgetHostKey = (state: StatePaths, name: string): void =>
  rmSync(state.pinnedHostKey(name), { force: true });
