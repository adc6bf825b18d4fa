// What `host add` and `host remove` are told on the command line, checked and put together. Pure.
import { dirname, resolve } from 'node:path';
import type { Config, HostConfig } from '../../config/schema.ts';
import { defaultLogin } from '../../host/enrol/enrol-host.ts';
import type { SshDestination } from '../../host/ssh/destination.ts';
import { pathInConfig, readPort } from './adopt-target.ts';
import { refusal, usageError } from './cli-error.ts';

export interface HostWords {
  readonly name: string;
  readonly address?: string | undefined;
  readonly user?: string | undefined;
  readonly port?: string | undefined;
  readonly via?: string | undefined;
  readonly sshConfig?: string | undefined;
  readonly identity?: string | undefined;
  readonly asRoot: boolean;
}

export interface HostSetup {
  readonly name: string;
  /** What the configuration shall say of it. */
  readonly host: HostConfig;
  /** Ordinary login, or root when no helper is wanted. */
  readonly login: string;
  readonly asRoot: boolean;
  /** As it shall stand in the configuration, where it changes. */
  readonly sshConfig: string | undefined;
  /** Where ssh goes to set it up, as whom; which host key counts is not decided here. */
  readonly wayIn: SshDestination & { readonly user: string };
}

const readVia = (via: string, address: string): string => {
  const [user = '', place] = via.split('@');
  if (user !== '' && (place === undefined || place === address)) return user;
  throw usageError(`--via ${via} is no login on ${address}`, 'such as --via root or --via admin; --address says where');
};

/** @throws CliError `cli-usage`, `host-is-local` */
export const readHostWords = (words: HostWords, config: Config, configPath: string, cwd: string): HostSetup => {
  const { name, asRoot } = words;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    throw usageError(`a host cannot be named '${name}'`, 'use letters, digits, and . _ - inside');
  const standing = config.hosts[name];
  if (standing?.local === true)
    throw refusal({
      code: 'host-is-local',
      message: `${name} is this machine itself: there is no way to it to set up`,
      subject: name,
      hint: "run tearless as root, or declare it with an address and without 'local'",
    });
  if (words.user === 'root' && !asRoot)
    throw usageError(
      '--user root would need no helper',
      'say --as-root if root shall log in, or name an ordinary login',
    );
  if (asRoot && words.user !== undefined && words.user !== 'root')
    throw usageError(`--as-root and --user ${words.user} name two logins`, 'give one of them');
  const formerLogin = standing?.user === 'root' ? undefined : standing?.user;
  const login = asRoot ? 'root' : (words.user ?? formerLogin ?? defaultLogin);
  const sshConfig = words.sshConfig === undefined ? undefined : pathInConfig(configPath, resolve(cwd, words.sshConfig));
  if (sshConfig !== undefined && config.sshConfig !== undefined && sshConfig !== config.sshConfig)
    throw usageError(
      `the configuration reaches its hosts with ${config.sshConfig}, not with ${sshConfig}`,
      'put the host into that ssh_config, or change sshConfig in the configuration first',
    );
  const configFile = sshConfig ?? config.sshConfig;
  const port = readPort(words.port) ?? standing?.port;
  const address = words.address ?? standing?.address;
  const writesUser = login !== defaultLogin || standing?.user !== undefined;
  return {
    name,
    host: {
      ...(address === undefined ? {} : { address }),
      ...(writesUser ? { user: login } : {}),
      ...(port === undefined ? {} : { port }),
    },
    login,
    asRoot,
    sshConfig: config.sshConfig === undefined ? sshConfig : undefined,
    wayIn: {
      host: address ?? name,
      user: asRoot ? 'root' : readVia(words.via ?? 'root', address ?? name),
      ...(port === undefined ? {} : { port }),
      ...(configFile === undefined ? {} : { configFile: resolve(dirname(configPath), configFile) }),
      ...(words.identity === undefined ? {} : { identityFile: resolve(cwd, words.identity) }),
    },
  };
};
