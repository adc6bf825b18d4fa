// Where the operator's own state lies: the journal, Tearless's ssh key, the host keys it has pinned.
import { join } from 'node:path';
import type { Surroundings } from './io.ts';

export interface StatePaths {
  readonly directory: string;
  /** SQLite: runs and their journals. */
  readonly database: string;
  /** 0700: the key that `host add` puts on hosts, and the host keys that it pinned. */
  readonly sshDirectory: string;
  readonly identityFile: string;
  /** The key with which a balancer follows its workers, and nothing else. */
  readonly balancerIdentity: string;
  /** A file that is there when that key was let in at the host. */
  watchedHost(host: string): string;
  /** The host key that `host add` pinned for a host of the configuration; no such file for others. */
  pinnedHostKey(host: string): string;
}

/** `$XDG_STATE_HOME/tearless`, or `~/.local/state/tearless`. */
export const statePaths = ({ env, home }: Pick<Surroundings, 'env' | 'home'>): StatePaths => {
  const base = env.XDG_STATE_HOME?.startsWith('/') === true ? env.XDG_STATE_HOME : join(home, '.local', 'state');
  const directory = join(base, 'tearless');
  const sshDirectory = join(directory, 'ssh');
  return {
    directory,
    database: join(directory, 'state.db'),
    sshDirectory,
    identityFile: join(sshDirectory, 'id_ed25519'),
    balancerIdentity: join(sshDirectory, 'balancer_ed25519'),
    watchedHost: (host) => join(sshDirectory, 'watched.d', host),
    pinnedHostKey: (host) => join(sshDirectory, 'known_hosts.d', host),
  };
};
