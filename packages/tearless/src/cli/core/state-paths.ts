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
  /** The host key that `host add` pinned for a host of the configuration; no such file for others. */
  pinnedHostKey(host: string): string;
}

/** `$XDG_STATE_HOME/tearless`, or `~/.local/state/tearless`. */
export const statePaths = ({ env, home }: Surroundings): StatePaths => {
  const base = env.XDG_STATE_HOME?.startsWith('/') === true ? env.XDG_STATE_HOME : join(home, '.local', 'state');
  const directory = join(base, 'tearless');
  const sshDirectory = join(directory, 'ssh');
  return {
    directory,
    database: join(directory, 'state.db'),
    sshDirectory,
    identityFile: join(sshDirectory, 'id_ed25519'),
    pinnedHostKey: (host) => join(sshDirectory, 'known_hosts.d', host),
  };
};
