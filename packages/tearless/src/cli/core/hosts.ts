// The configuration's hosts as machines that can be reached, each made once.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { didYouMean } from '../../base/did-you-mean.ts';
import type { Config, HostConfig } from '../../config/schema.ts';
import { helperScripts } from '../../facts/helper-scripts.ts';
import { createLocalHost, createSshHost } from '../../host/create-host.ts';
import { type RenderedHelper, renderHelper } from '../../host/helper/render-helper.ts';
import type { Host } from '../../host/host.ts';
import type { SshDestination } from '../../host/ssh/destination.ts';
import { CliError } from './cli-error.ts';
import type { ConfigFile } from './config-file.ts';
import type { StatePaths } from './state-paths.ts';

/** Who `host add` makes on a host. */
export const defaultUser = 'tearless';

/** The root-owned helper as this version of Tearless wants it. */
export const currentHelper = (): RenderedHelper => renderHelper(helperScripts);

export interface Hosts {
  /** @throws CliError `config-unknown-host` */
  get(name: string): Host;
  /** Ends every connection that was opened. */
  close(): Promise<void>;
}

/** Where ssh goes for a host: what the configuration says, with the key and the host key of `host add` where it set it up. */
export const destinationOf = (
  name: string,
  host: HostConfig,
  sshConfig: string | undefined,
  file: Pick<ConfigFile, 'path'>,
  state: StatePaths,
): SshDestination => {
  const user = host.user ?? defaultUser;
  const pinned = state.pinnedHostKey(name);
  const isPinned = existsSync(pinned);
  const hasOurKey = user !== 'root' && (isPinned || user === defaultUser) && existsSync(state.identityFile);
  return {
    host: host.address ?? name,
    user,
    ...(host.port === undefined ? {} : { port: host.port }),
    ...(sshConfig === undefined ? {} : { configFile: resolve(dirname(file.path), sshConfig) }),
    ...(hasOurKey ? { identityFile: state.identityFile } : {}),
    ...(isPinned ? { knownHostsFile: pinned } : {}),
  };
};

/** Nothing is connected yet. */
export const createHosts = (config: Config, file: Pick<ConfigFile, 'path'>, state: StatePaths): Hosts => {
  const helper = currentHelper();
  const made = new Map<string, Host>();
  const make = (name: string): Host => {
    const host = config.hosts[name];
    if (host === undefined)
      throw new CliError({
        kind: 'config',
        code: 'config-unknown-host',
        place: 'config',
        message: `${file.path} declares no host '${name}'`,
        subject: name,
        hint: didYouMean(name, Object.keys(config.hosts)) ?? 'declare it under hosts',
      });
    if (host.local === true) return createLocalHost({ name, helper });
    return createSshHost({ name, helper, destination: destinationOf(name, host, config.sshConfig, file, state) });
  };
  return {
    get(name) {
      const host = made.get(name) ?? make(name);
      made.set(name, host);
      return host;
    },
    close: async () => {
      await Promise.all([...made.values()].map((host) => host.close()));
    },
  };
};
