// Keeps a host from being taken down under a run. A host that cannot be asked is taken for free: its way in tells more.
import { isDescribedError } from '../../base/error.ts';
import { lockedError, readHostLock, viewHostLock } from '../../change/host-lock.ts';
import type { Config } from '../../config/schema.ts';
import type { ConfigFile } from './config-file.ts';
import type { CommandContext } from './context.ts';
import { createHosts } from './hosts.ts';
import { statePaths } from './state-paths.ts';

/** @throws ChangeError `change-locked` */
export const refuseLocked = async (
  config: Config,
  file: ConfigFile,
  name: string,
  context: CommandContext,
): Promise<void> => {
  const hosts = createHosts(config, file, statePaths(context.surroundings));
  try {
    const lock = await readHostLock(hosts.get(name), { signal: context.signal }).catch((error: unknown) => {
      if (isDescribedError(error) && (error.kind === 'denied' || error.kind === 'unreachable')) return undefined;
      throw error;
    });
    if (lock === undefined) return;
    const view = await viewHostLock(hosts.get(name), lock, { signal: context.signal });
    throw lockedError(`host ${name}`, lock, view);
  } finally {
    await hosts.close();
  }
};
