// Where ssh goes, and the arguments that say so. Pure. Every value is checked before it stands beside ssh's options.
import { isIPv6 } from 'node:net';
import { HostError } from '../host-error.ts';

export interface SshDestination {
  /** Address or name, or an alias of the ssh configuration. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  /** Only this file's keys count. Without it, those of the user and of the machine. */
  readonly knownHostsFile?: string;
  /** Read instead of the user's and the machine's ssh configuration. */
  readonly configFile?: string;
}

const bad = (host: string, what: string, value: string): HostError =>
  new HostError({
    kind: 'config',
    code: 'ssh-destination-bad',
    message: `${host}: ${what} ${JSON.stringify(value)} cannot be handed to ssh`,
    hint: `give ${what === 'the path' ? 'a path without quotes, backslashes, % or $' : 'a plain name or address'}`,
    place: 'config',
    subject: host,
  });

/** @throws HostError `ssh-destination-bad` for what ssh could take for an option or an expression. */
export const checkDestination = (destination: SshDestination): void => {
  const { host, user, port } = destination;
  if (!/^[A-Za-z0-9_:][A-Za-z0-9_.:-]*(%[A-Za-z0-9_.-]+)?$/.test(host)) throw bad(host, 'the host', host);
  if (user !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(user)) throw bad(host, 'the user', user);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536))
    throw bad(host, 'the port', String(port));
  for (const path of [destination.identityFile, destination.knownHostsFile, destination.configFile])
    if (path !== undefined && (path === '' || /["'%$\\\p{Cc}]/u.test(path))) throw bad(host, 'the path', path);
};

/** `user@host:port` for messages. */
export const describeDestination = ({ host, user, port }: SshDestination): string => {
  const at = user === undefined ? host : `${user}@${host}`;
  return port === undefined ? at : `${at} port ${port}`;
};

const option = (name: string, value: string): string[] => ['-o', `${name}=${value}`];

/** What a person may have set for interactive use and what would only stand in the way of commands. */
const plain = [
  ...option('BatchMode', 'yes'),
  ...option('ClearAllForwardings', 'yes'),
  ...option('ForwardAgent', 'no'),
  ...option('ForwardX11', 'no'),
  ...option('PermitLocalCommand', 'no'),
  ...option('RemoteCommand', 'none'),
  ...option('RequestTTY', 'no'),
  ...option('StdinNull', 'no'),
  ...option('ForkAfterAuthentication', 'no'),
  ...option('SessionType', 'default'),
  ...option('Tunnel', 'no'),
  ...option('EscapeChar', 'none'),
  ...option('UpdateHostKeys', 'no'),
  ...option('LogLevel', 'INFO'),
];

/** Seconds for the way there: a host that answers later is down. */
export const connectTimeoutSeconds = 15;

/** Whom to connect to and as whom, without the host itself. The destination was checked. */
export const renderDestination = (destination: SshDestination): string[] => [
  ...(destination.configFile === undefined ? [] : ['-F', destination.configFile]),
  ...(destination.user === undefined ? [] : ['-l', destination.user]),
  ...(destination.port === undefined ? [] : ['-p', String(destination.port)]),
  ...(destination.identityFile === undefined
    ? []
    : [...option('IdentityFile', `"${destination.identityFile}"`), ...option('IdentitiesOnly', 'yes')]),
  ...plain,
  ...option('ConnectTimeout', String(connectTimeoutSeconds)),
  ...option('ConnectionAttempts', '1'),
];

/** The host keys that count, always checked. */
export const renderHostKeyOptions = (knownHostsFile: string | undefined): string[] => [
  ...option('StrictHostKeyChecking', 'yes'),
  ...(knownHostsFile === undefined
    ? []
    : [...option('UserKnownHostsFile', `"${knownHostsFile}"`), ...option('GlobalKnownHostsFile', '/dev/null')]),
];

/** The connection that all others to this host share. It lives while its own command does. */
export const renderMasterArguments = (destination: SshDestination, controlPath: string, command: string): string[] => [
  ...renderDestination(destination),
  ...renderHostKeyOptions(destination.knownHostsFile),
  ...option('ControlMaster', 'yes'),
  ...option('ControlPath', `"${controlPath}"`),
  ...option('ControlPersist', 'no'),
  ...option('ServerAliveInterval', '5'),
  ...option('ServerAliveCountMax', '3'),
  '-T',
  '--',
  destination.host,
  command,
];

/** A connection that shares nothing and carries one command, whose words were checked. It is given up after ten seconds without a sign. */
export const renderDoorArguments = (destination: SshDestination, words: readonly string[]): string[] => [
  ...renderDestination(destination),
  ...renderHostKeyOptions(destination.knownHostsFile),
  ...option('ControlMaster', 'no'),
  ...option('ControlPath', 'none'),
  ...option('ServerAliveInterval', '3'),
  ...option('ServerAliveCountMax', '2'),
  '-T',
  '--',
  destination.host,
  ...words,
];

/** Reads no configuration and never connects by itself: without the shared connection it fails. */
const throughMaster = (controlPath: string): string[] => [
  '-F',
  'none',
  ...option('BatchMode', 'yes'),
  ...option('ControlMaster', 'no'),
  ...option('ControlPath', `"${controlPath}"`),
  ...option('ProxyCommand', 'false'),
  ...option('LogLevel', 'ERROR'),
];

/** A command over the shared connection. The destination is already decided: its name here means nothing. */
export const renderCommandArguments = (controlPath: string, command: string): string[] => [
  ...throughMaster(controlPath),
  '-T',
  '--',
  'shared',
  command,
];

/** A byte stream to an address as the host sees it, over the shared connection. */
export const renderForwardArguments = (controlPath: string, host: string, port: number): string[] => {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(host) && !isIPv6(host)) throw bad(host, 'the host', host);
  if (!(Number.isInteger(port) && port > 0 && port < 65536)) throw bad(host, 'the port', String(port));
  return [
    ...throughMaster(controlPath),
    '-W',
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    '--',
    'shared',
  ];
};
