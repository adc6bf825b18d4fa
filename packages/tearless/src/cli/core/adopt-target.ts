// What `adopt` starts from: the hosts of a configuration that is there, those of the command line, and where it will lie.
import { dirname, relative, resolve } from 'node:path';
import type { Config, HostConfig } from '../../config/schema.ts';
import { usageError } from './cli-error.ts';
import { configName, loadConfig, locateConfig } from './config-file.ts';
import type { CommandContext } from './context.ts';
import { nameFleet } from './fleet-name.ts';

export interface AdoptCall {
  readonly hosts: readonly string[];
  /** `NAME=ADDRESS` each. */
  readonly addresses: readonly string[];
  readonly user: string | undefined;
  readonly port: string | undefined;
  readonly sshConfig: string | undefined;
  readonly fleet: string | undefined;
}

export interface AdoptTarget {
  /** Where the configuration is, or will be: relative paths in it count from there. */
  readonly path: string;
  /** Its text, where it is there. */
  readonly text: string | undefined;
  /** What is known before the hosts are read: no relays of the old configuration. */
  readonly config: Config;
  /** Relays that the configuration declares already. */
  readonly declaredRelays: number;
  /** Hosts to read. */
  readonly names: readonly string[];
  /** Hosts that the command line brings in. */
  readonly added: ReadonlyMap<string, HostConfig>;
}

/** As it stands in the file: relative when it lies below the file's folder. */
export const pathInConfig = (configPath: string, path: string): string => {
  const short = relative(dirname(configPath), path);
  return short.startsWith('..') ? path : short;
};

export const readPort = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65536) return port;
  throw usageError(`--port ${text} is no port`, 'a number from 1 to 65535');
};

const readAddresses = (addresses: readonly string[], hosts: readonly string[]): Map<string, string> =>
  new Map(
    addresses.map((text): [string, string] => {
      const [, name = '', address = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
      if (address !== '' && hosts.includes(name)) return [name, address];
      if (address === '' && hosts.length === 1 && hosts[0] !== undefined) return [hosts[0], text];
      throw usageError(
        `--address ${text} says not of which host`,
        'write --address NAME=ADDRESS for a HOST that is named',
      );
    }),
  );

/** @throws CliError `cli-usage`, ConfigError */
export const readAdoptTarget = async (context: CommandContext, call: AdoptCall): Promise<AdoptTarget> => {
  const { cwd } = context.surroundings;
  const located = locateConfig(context);
  const { existsSync } = await import('node:fs');
  const present = located !== undefined && existsSync(located.path) ? await loadConfig(context) : undefined;
  const path = located?.path ?? resolve(cwd, configName);
  const addresses = readAddresses(call.addresses, call.hosts);
  const port = readPort(call.port);
  const declared: Readonly<Record<string, HostConfig>> = present?.config.hosts ?? {};
  const added = new Map(
    call.hosts
      .filter((name) => !(name in declared))
      .map((name): [string, HostConfig] => {
        const address = addresses.get(name);
        return [
          name,
          {
            ...(address === undefined ? {} : { address }),
            ...(call.user === undefined ? {} : { user: call.user }),
            ...(port === undefined ? {} : { port }),
          },
        ];
      }),
  );
  const names = call.hosts.length === 0 ? Object.keys(declared) : [...new Set(call.hosts)];
  if (names.length === 0)
    throw usageError(
      present === undefined ? 'no host is named and there is no configuration' : `${path} declares no host`,
      "name hosts: 'tearless adopt h1 h2', or declare them with 'tearless host add'",
    );
  const sshConfig =
    call.sshConfig === undefined ? present?.config.sshConfig : pathInConfig(path, resolve(cwd, call.sshConfig));
  const { parseConfig } = await import('../../config/parse.ts');
  const config = parseConfig(
    JSON.stringify({
      version: 1,
      fleet: nameFleet(call.fleet ?? present?.config.fleet, dirname(path)),
      ...(sshConfig === undefined ? {} : { sshConfig }),
      hosts: { ...declared, ...Object.fromEntries(added) },
      relays: [],
      ...(present?.config.network === undefined ? {} : { network: present.config.network }),
    }),
    'the command line',
  );
  return {
    path,
    text: present?.file.text,
    config,
    declaredRelays: present?.config.relays.length ?? 0,
    names,
    added,
  };
};
