// What an instance's torrc must say for its workers: a HiddenServiceDir each, its ports, and that it answers for a frontend. Pure.
import { addService, getOption, removeService, setServiceOption } from '@tearless/tor/torrc/edit.ts';
import { canonicalName } from '@tearless/tor/torrc/known-options.ts';
import { optionNodes, parseTorrc, renderTorrc, type Torrc } from '@tearless/tor/torrc/syntax.ts';
import { flattenFiles, type TorrcFile } from '../../daemon/torrc-files.ts';
import { BalanceError } from '../balance-error.ts';

export interface ServiceWish {
  /** Absolute. */
  readonly directory: string;
  /** As they stand behind `HiddenServicePort`. */
  readonly ports: readonly string[];
}

export interface ServiceEdit {
  /** Of the main file. */
  readonly text: string;
  /** Directories that stand in it already: tor serves them now. */
  readonly standing: ReadonlySet<string>;
  /** Those of them that answer for a frontend already. */
  readonly instances: ReadonlySet<string>;
  /** Every other service of this tor, by directory. */
  readonly others: readonly string[];
}

const balanceOption = 'HiddenServiceOnionBalanceInstance';

const withoutSlash = (directory: string): string => directory.replace(/(?!^)\/+$/, '');

/** As tor fills in what a port line leaves out: `80` is `80 127.0.0.1:80`. */
const normalizePort = (text: string): string => {
  const [virtual = '', target = virtual] = text.replaceAll('"', '').trim().split(/\s+/);
  return `${virtual} ${/^\d+$/.test(target) ? `127.0.0.1:${target}` : target}`;
};

const samePorts = (a: readonly string[], b: readonly string[]): boolean => {
  const [left, right] = [a, b].map((ports) => ports.map(normalizePort).sort());
  return left?.join('\n') === right?.join('\n');
};

/** How the directory is written there, and its options, by tor's own spelling. */
const findService = (tree: Torrc, directory: string) => {
  const written = getOption(tree, 'HiddenServiceDir').find((value) => withoutSlash(value) === directory);
  if (written === undefined) return undefined;
  const options = new Map<string, string[]>();
  let isOurs = false;
  for (const { name, value } of optionNodes(tree)) {
    const option = canonicalName(name);
    if (option === 'HiddenServiceDir') isOurs = value === written;
    else if (isOurs) options.set(option, [...(options.get(option) ?? []), value]);
  }
  return { written, options };
};

const refuse = (code: string, message: string, hint: string): never => {
  throw new BalanceError({ kind: 'refused', code: `balance-${code}`, place: 'host', message, hint });
};

/** The helper lets no new line with a unix socket through. */
const refuseUnixSockets = (ports: readonly string[], standing: readonly string[], path: string): void => {
  const known = new Set(standing.map(normalizePort));
  const port = ports.find((one) => /unix:/i.test(one) && !known.has(normalizePort(one)));
  if (port !== undefined)
    refuse(
      'unix-port',
      `Tearless opens no unix socket: ${path} shall lead to ${port}`,
      'write that HiddenServicePort by hand on the host, or lead to a TCP port',
    );
};

const putService = (tree: Torrc, { directory, ports }: ServiceWish, path: string): Torrc => {
  const found = findService(tree, directory);
  if (found === undefined) {
    refuseUnixSockets(ports, [], path);
    return addService(tree, directory, [
      { name: 'HiddenServiceVersion', value: '3' },
      ...ports.map((value) => ({ name: 'HiddenServicePort', value })),
      { name: balanceOption, value: '1' },
    ]);
  }
  const { written, options } = found;
  const standing = options.get('HiddenServicePort') ?? [];
  refuseUnixSockets(ports, standing, path);
  const withPorts = samePorts(standing, ports) ? tree : setServiceOption(tree, written, 'HiddenServicePort', ports);
  return setServiceOption(withPorts, written, balanceOption, ['1']);
};

/**
 * @param files the instance's main torrc first, then what it includes
 * @throws BalanceError `balance-included-service`, `balance-unix-port`; DaemonError `daemon-no-torrc`; TorError of the parser
 */
export const editServices = (files: readonly TorrcFile[], wishes: readonly ServiceWish[]): ServiceEdit => {
  const flat = flattenFiles(files);
  const [main] = files;
  const path = main?.path ?? '';
  const before = parseTorrc(main?.text ?? '');
  const directories = flat.filter(({ name }) => canonicalName(name) === 'HiddenServiceDir');
  const wished = new Set(wishes.map(({ directory }) => directory));
  const included = directories.find(({ value, file }) => file !== path && wished.has(withoutSlash(value)));
  if (included !== undefined)
    refuse(
      'included-service',
      `the onion service ${included.value} stands in ${included.file}, which ${path} includes`,
      `move its lines to ${path}: Tearless changes the main file only`,
    );
  const tree = wishes.reduce((now, wish) => putService(now, wish, path), before);
  const standing = [...wished].flatMap((directory) => {
    const found = findService(before, directory);
    return found === undefined ? [] : [{ directory, isInstance: found.options.get(balanceOption)?.at(-1) === '1' }];
  });
  return {
    text: tree === before ? (main?.text ?? '') : renderTorrc(tree),
    standing: new Set(standing.map(({ directory }) => directory)),
    instances: new Set(standing.flatMap(({ directory, isInstance }) => (isInstance ? [directory] : []))),
    others: directories.map(({ value }) => withoutSlash(value)).filter((directory) => !wished.has(directory)),
  };
};

/** Those of the directories that stand in the main file. */
export const listStanding = (text: string, directories: readonly string[]): string[] => {
  const tree = parseTorrc(text);
  return directories.filter((directory) => findService(tree, directory) !== undefined);
};

/** The same torrc without these services. */
export const dropServices = (text: string, directories: readonly string[]): string =>
  renderTorrc(
    directories.reduce((tree, directory) => {
      const found = findService(tree, directory);
      return found === undefined ? tree : removeService(tree, found.written);
    }, parseTorrc(text)),
  );
