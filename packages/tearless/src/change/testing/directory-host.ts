// A machine that is a directory: for testing what the engine does between, inside and after its steps, faults included.
// Its packages, units and files are pretended; what it keeps for Tearless (lock, journals, owned files) behaves as the helper's.
import { basename, dirname, join } from 'node:path';
import type { CallOptions, CallResult, Host } from '../../host/host.ts';
import { HostError } from '../../host/host-error.ts';
import { createDirectoryFiles } from './directory-files.ts';
import { createDirectorySystemd } from './directory-systemd.ts';

export interface DirectoryHostOptions {
  readonly name: string;
  /** Where the machine lies; made when absent. */
  readonly directory: string;
  /** Called before and after every request, `read` ones too; what it throws is what the caller gets. */
  readonly onRequest?: (moment: 'before' | 'after', request: string) => void | Promise<void>;
  /** Asked before each write: how many bytes the disk holds. */
  readonly capacityBytes?: () => number;
}

export interface DirectoryHost extends Host {
  /** The unit's files as its running process was started with; undefined when none runs. */
  startedFrom(unit: string): string | undefined;
}

const state = '/var/lib/tearless';
const privateFile = { mode: 0o600, owner: 'root', group: 'root' };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const answer = (stdout: string | Uint8Array = ''): CallResult => ({
  exitCode: 0,
  stdout: typeof stdout === 'string' ? encoder.encode(stdout) : stdout,
  stderr: '',
});

export const createDirectoryHost = (options: DirectoryHostOptions): DirectoryHost => {
  const { name, directory } = options;
  const files = createDirectoryFiles(
    name,
    join(directory, 'root'),
    options.capacityBytes ?? (() => Number.POSITIVE_INFINITY),
  );
  const systemd = createDirectorySystemd(name, files);

  const refuse = (
    verb: string,
    exitCode: number,
    kind: 'locked' | 'not-found' | 'refused' | 'usage',
    message: string,
  ): HostError =>
    new HostError({ kind, code: `host-${verb}`, message: `${name}: ${message}`, subject: name, exitCode });

  const readText = (path: string): string | undefined =>
    files.stat(path) === undefined ? undefined : decoder.decode(files.read(path));
  const readLock = (): { readonly run: string; readonly body: string } | undefined => {
    const text = readText(`${state}/lock`);
    if (text === undefined) return undefined;
    const end = text.indexOf('\n');
    return { run: text.slice(0, end), body: text.slice(end + 1) };
  };

  const packageState = (packageName: string): { version: string | null; held: boolean } =>
    JSON.parse(readText(`/var/lib/dpkg/${packageName}`) ?? '{"version":null,"held":false}');
  const setPackage = (packageName: string, value: { version: string | null; held: boolean }): CallResult => {
    const path = `/var/lib/dpkg/${packageName}`;
    if (value.version === null) files.remove(path);
    else files.write(path, encoder.encode(JSON.stringify(value)), { mode: 0o644, owner: 'root', group: 'root' });
    return answer();
  };

  /** A pretended package is used by the drop-ins that hold its name. */
  const refuseUse = (packageName: string, excused: readonly string[]): void => {
    const system = '/etc/systemd/system';
    if (packageState(packageName).version === null || files.stat(system) === undefined) return;
    const dropIns = files
      .list(system)
      .filter(({ type }) => type === 'directory')
      .flatMap(({ path }) => files.list(path).map((entry) => entry.path))
      .filter((path) => !excused.includes(path) && decoder.decode(files.read(path)).includes(packageName));
    const [first] = dropIns;
    if (first === undefined) return;
    throw new HostError({
      kind: 'refused',
      code: 'host-package-in-use',
      message: `${name}: ${first} names ${packageName}`,
      subject: name,
      exitCode: 72,
      stdout: encoder.encode(
        dropIns.map((path) => `${basename(dirname(path)).replace(/\.d$/, '')} ${path} ${packageName}\n`).join(''),
      ),
    });
  };

  const verbs: Readonly<Record<string, (args: readonly string[], input: Uint8Array) => CallResult>> = {
    'lock-take': ([run = ''], input) => {
      const lock = readLock();
      if (lock !== undefined && lock.run !== run) throw refuse('locked', 75, 'locked', `locked by the run ${lock.run}`);
      files.write(`${state}/lock`, Buffer.concat([encoder.encode(`${run}\n`), input]), privateFile);
      return answer();
    },
    'lock-show': () => answer(readLock()?.body),
    'lock-release': ([run]) => {
      if (readLock()?.run !== run) return answer();
      files.remove(`${state}/lock`);
      return answer('released\n');
    },
    'journal-append': ([run = ''], input) => {
      if (input.at(-1) !== 10) throw refuse('usage', 65, 'usage', 'a journal takes whole lines');
      files.append(`${state}/runs/${run}/journal.ndjson`, input);
      return answer();
    },
    'journal-read': ([run = '']) => {
      const text = readText(`${state}/runs/${run}/journal.ndjson`);
      if (text === undefined) throw refuse('missing', 66, 'not-found', `no journal of the run ${run}`);
      return answer(text);
    },
    'journal-list': () => {
      const runs = files.stat(`${state}/runs`) === undefined ? [] : files.list(`${state}/runs`);
      return answer(runs.map(({ path }) => `${path.slice(`${state}/runs/`.length)}/journal.ndjson 1 1.5\n`).join(''));
    },
    'owned-show': () => answer(readText(`${state}/owned.json`)),
    'owned-put': (_, input) => {
      files.write(`${state}/owned.json`, input, privateFile);
      return answer();
    },
    'package-show': ([packageName = '']) => {
      const { version, held } = packageState(packageName);
      return answer(
        `${version === null ? '' : `installed ${version}\n`}${held ? 'held\n' : ''}candidate 1\navailable 1\n`,
      );
    },
    'package-check': ([verb = '', packageName = '', ...rest]) => {
      const [excused, version] = verb === 'install' ? [rest.slice(1), rest[0]] : [rest, ''];
      if (version === 'impossible')
        throw refuse('package-conflict', 68, 'refused', `apt-get cannot install ${packageName}=${version} here`);
      refuseUse(packageName, excused);
      return answer();
    },
    'package-install': ([packageName = '', version = '']) => {
      const now = packageState(packageName);
      if (now.held) throw refuse('held', 79, 'usage', `${packageName} is held`);
      return setPackage(packageName, { version, held: false });
    },
    'package-remove': ([packageName = '', ...excused]) => {
      refuseUse(packageName, excused);
      return setPackage(packageName, { version: null, held: false });
    },
    'package-hold': ([packageName = '']) => setPackage(packageName, { ...packageState(packageName), held: true }),
    'package-unhold': ([packageName = '']) => setPackage(packageName, { ...packageState(packageName), held: false }),
  };

  /** Every request takes this way, so that a test can cut it off before its effect or after it. */
  const request = async <T>(what: string, signal: AbortSignal | undefined, act: () => T): Promise<T> => {
    const cutOff = (): void => {
      if (signal?.aborted) {
        throw new HostError({
          kind: 'interrupted',
          code: 'host-interrupted',
          message: `${name}: interrupted`,
          subject: name,
        });
      }
    };
    cutOff();
    await options.onRequest?.('before', what);
    cutOff();
    const result = act();
    await options.onRequest?.('after', what);
    return result;
  };

  const nothingRuns = (): HostError =>
    new HostError({
      kind: 'failed',
      code: 'host-unsupported',
      message: `${name}: a directory runs nothing`,
      subject: name,
    });

  return {
    name,
    startedFrom: (unit) => systemd.startedFrom(unit),
    run: async () => {
      throw nothingRuns();
    },
    open: async () => {
      throw nothingRuns();
    },
    call: (verb, callOptions: CallOptions = {}) =>
      request(verb, callOptions.signal, () => {
        const act = verbs[verb];
        if (act === undefined) throw refuse('verb', 78, 'usage', `no such verb: ${verb}`);
        const { input = '' } = callOptions;
        return act(callOptions.args ?? [], typeof input === 'string' ? encoder.encode(input) : input);
      }),
    stat: (path) => request('stat', undefined, () => files.stat(path)),
    read: (path) => request('read', undefined, () => files.read(path)),
    write: (path, content, attributes) =>
      request('write', undefined, () =>
        files.write(path, typeof content === 'string' ? encoder.encode(content) : content, attributes),
      ),
    remove: (path) => request('remove', undefined, () => files.remove(path)),
    removeEmptyDirectory: (path) => request('rmdir', undefined, () => files.removeEmptyDirectory(path)),
    list: (path) => request('list', undefined, () => files.list(path)),
    units: (names) => request('units', undefined, () => systemd.units(names)),
    reloadSystemd: () => request('daemon-reload', undefined, () => systemd.reload()),
    unit: (verb, unit, signal) => request(`unit ${verb}`, signal, () => systemd.unit(verb, unit)),
    close: async () => undefined,
  };
};
