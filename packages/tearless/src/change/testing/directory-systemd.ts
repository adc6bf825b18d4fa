// A pretended systemd over pretended files: what it has loaded, what runs and from which files it was started.
import type { UnitState } from '../../host/host.ts';
import { HostError } from '../../host/host-error.ts';
import type { DirectoryFiles } from './directory-files.ts';

const unitDirectory = '/etc/systemd/system';
const stateDirectory = '/run/pretended-systemd';
const attributes = { mode: 0o644, owner: 'root', group: 'root' };
const decoder = new TextDecoder();

export type UnitVerb = 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable';

interface Running {
  readonly pid: number;
  /** The unit's files as they were loaded when it started. */
  readonly startedFrom: string;
}

export interface DirectorySystemd {
  units(names: readonly string[]): UnitState[];
  reload(): void;
  unit(verb: UnitVerb, name: string): void;
  /** The unit's files as the running process was started with; undefined when none runs. */
  startedFrom(name: string): string | undefined;
}

/** Templates of tor@ exist by themselves, as the package's; others need a unit file. A unit whose files say FAIL does not start. */
export const createDirectorySystemd = (host: string, files: DirectoryFiles): DirectorySystemd => {
  const readJson = <T>(name: string): T | undefined => {
    const path = `${stateDirectory}/${name}`;
    return files.stat(path) === undefined ? undefined : (JSON.parse(decoder.decode(files.read(path))) as T);
  };
  const writeJson = (name: string, value: unknown): void =>
    files.write(`${stateDirectory}/${name}`, Buffer.from(JSON.stringify(value)), attributes);

  /** The unit's own file and its drop-ins, as one text. */
  const onDisk = (unit: string): string | undefined => {
    const own = files.stat(`${unitDirectory}/${unit}`);
    if (own === undefined && !unit.startsWith('tor@')) return undefined;
    const directory = `${unitDirectory}/${unit}.d`;
    const dropIns = files.stat(directory) === undefined ? [] : files.list(directory);
    return [...(own === undefined ? [] : [own]), ...dropIns]
      .map(({ path }) => `# ${path}\n${decoder.decode(files.read(path))}`)
      .join('');
  };

  const loadedUnits = (): Record<string, string> => readJson('loaded.json') ?? {};
  const load = (unit: string): string => {
    const loaded = loadedUnits();
    const known = loaded[unit];
    if (known !== undefined) return known;
    const disk = onDisk(unit);
    if (disk === undefined) {
      throw new HostError({
        kind: 'not-found',
        code: 'host-unit-missing',
        message: `${host}: no unit ${unit}`,
        subject: host,
      });
    }
    writeJson('loaded.json', { ...loaded, [unit]: disk });
    return disk;
  };

  const start = (unit: string): void => {
    const startedFrom = load(unit);
    const former = readJson<Running>(`${unit}.running`);
    files.remove(`${stateDirectory}/${unit}.running`);
    if (startedFrom.includes('FAIL')) {
      throw new HostError({
        kind: 'failed',
        code: 'host-unit-failed',
        message: `${host}: ${unit} did not start`,
        subject: host,
      });
    }
    writeJson(`${unit}.running`, { pid: (former?.pid ?? 1000) + 1, startedFrom });
  };

  return {
    startedFrom: (unit) => readJson<Running>(`${unit}.running`)?.startedFrom,
    reload: () => {
      const loaded = Object.keys(loadedUnits()).flatMap((unit) => {
        const disk = onDisk(unit);
        return disk === undefined ? [] : [[unit, disk] as const];
      });
      writeJson('loaded.json', Object.fromEntries(loaded));
    },
    unit: (verb, unit) => {
      const isRunning = readJson<Running>(`${unit}.running`) !== undefined;
      load(unit);
      if (verb === 'restart' || (verb === 'start' && !isRunning)) start(unit);
      if (verb === 'stop') files.remove(`${stateDirectory}/${unit}.running`);
      if (verb === 'enable') writeJson(`${unit}.enabled`, true);
      if (verb === 'disable') files.remove(`${stateDirectory}/${unit}.enabled`);
    },
    units: (names) =>
      names.map((unit) => {
        const disk = onDisk(unit);
        const loaded = loadedUnits()[unit];
        const running = readJson<Running>(`${unit}.running`);
        const enabled = readJson<boolean>(`${unit}.enabled`) === true;
        return {
          unit,
          loadState: disk === undefined && loaded === undefined ? 'not-found' : 'loaded',
          activeState: running === undefined ? 'inactive' : 'active',
          subState: running === undefined ? 'dead' : 'running',
          unitFileState: disk === undefined ? '' : enabled ? 'enabled' : 'disabled',
          mainPid: running?.pid ?? 0,
          restarts: 0,
          activeEnterMonotonicUs: running === undefined ? 0 : running.pid * 1_000_000,
          activeEnterMs: running === undefined ? 0 : running.pid * 1000,
          result: 'success',
          needDaemonReload: loaded !== undefined && loaded !== disk,
        };
      }),
  };
};
