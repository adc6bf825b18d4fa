// Tor instances put together from units, processes, torrcs, drop-ins and identities.
import { dropInsOf } from './drop-ins.ts';
import type { FileFacts, InstanceFacts } from './observed.ts';
import { describeProcess, type ProcessReadings } from './processes.ts';
import type { Identity } from './sections/fingerprints.ts';
import type { TorrcInclude } from './sections/torrc-includes.ts';
import { countOf, flagOf, textOf, timeOf, type UnitRecord, wordsOf } from './sections/units.ts';
import { collectTorrc, valueOfOption, valuesOfOption } from './torrc-files.ts';

export interface InstanceReadings {
  readonly units: readonly UnitRecord[];
  readonly processes: ProcessReadings;
  readonly files: ReadonlyMap<string, FileFacts>;
  readonly includes: readonly TorrcInclude[];
  readonly identities: ReadonlyMap<string, Identity>;
}

/** Where Debian's packages let an instance live unless its torrc says otherwise. */
const debianPaths = (name: string) =>
  name === 'default'
    ? {
        torrc: '/etc/tor/torrc',
        defaults: '/usr/share/tor/tor-service-defaults-torrc',
        data: '/var/lib/tor',
        control: '/run/tor/control',
      }
    : {
        torrc: `/etc/tor/instances/${name}/torrc`,
        defaults: `/run/tor-instances/${name}.defaults`,
        data: `/var/lib/tor-instances/${name}`,
        control: `/run/tor-instances/${name}/control`,
      };

// { path=/usr/bin/tor ; argv[]=/usr/bin/tor --defaults-torrc D -f F ; ignore_errors=no ; … }
const argumentOf = (unit: UnitRecord, option: string): string | undefined => {
  const words = /argv\[\]=(.*?) ;/.exec(unit.properties.get('ExecStart') ?? '')?.[1]?.split(' ') ?? [];
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
};

// The first word names the socket, flags follow; 0 means none. `ControlPort unix:PATH` is the other way to say it.
const findControlSocket = (text: string): string | undefined => {
  const sockets = valuesOfOption(text, 'ControlSocket').map((value) => value.split(/\s+/)[0] ?? '');
  const ports = valuesOfOption(text, 'ControlPort').map((value) => /^unix:"?([^"\s]+)/.exec(value)?.[1] ?? '');
  return [...sockets, ...ports].find((path) => path.startsWith('/'));
};

const parseEnvironment = (unit: UnitRecord): Record<string, string> =>
  Object.fromEntries(
    wordsOf(unit, 'Environment').map((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );

// /etc/default/tor (ignore_errors=yes)
const environmentFilesOf = (unit: UnitRecord): string[] =>
  [...(unit.properties.get('EnvironmentFiles') ?? '').matchAll(/(\/.*?) \(ignore_errors=(?:yes|no)\)/g)].map(
    ([, path = '']) => path,
  );

const describeInstance = (name: string, unit: UnitRecord, readings: InstanceReadings): InstanceFacts => {
  const debian = debianPaths(name);
  const torrcPath = argumentOf(unit, '-f') ?? debian.torrc;
  const { files: torrc, withheld } = collectTorrc(torrcPath, readings.files, readings.includes);
  const defaultsTorrc = readings.files.get(argumentOf(unit, '--defaults-torrc') ?? debian.defaults);
  const dataDirectory = valueOfOption('DataDirectory', torrc, defaultsTorrc)?.replace(/(.)\/+$/, '$1') ?? debian.data;
  const identity = readings.identities.get(dataDirectory);
  const nickname = identity?.nickname ?? valueOfOption('Nickname', torrc, defaultsTorrc);
  const ownControl = torrc.map(({ text }) => text).join('\n');
  const controlSocket =
    findControlSocket(ownControl) ??
    (/^[ \t]*ControlSocket[ \t]+0\b/im.test(ownControl)
      ? undefined
      : findControlSocket(defaultsTorrc?.text ?? `ControlSocket ${debian.control}`));
  const mainPid = countOf(unit, 'MainPID');
  const process = mainPid === 0 ? undefined : describeProcess(mainPid, readings.processes);
  const environmentFiles = environmentFilesOf(unit);
  const fragmentPath = textOf(unit, 'FragmentPath');
  return {
    name,
    unit: unit.id,
    loadState: textOf(unit, 'LoadState'),
    activeState: textOf(unit, 'ActiveState'),
    subState: textOf(unit, 'SubState'),
    unitFileState: textOf(unit, 'UnitFileState'),
    needDaemonReload: flagOf(unit, 'NeedDaemonReload'),
    mainPid,
    restarts: countOf(unit, 'NRestarts'),
    activeEnterMs: timeOf(unit, 'ActiveEnterTimestamp'),
    activeEnterMonotonicUs: countOf(unit, 'ActiveEnterTimestampMonotonic'),
    environment: parseEnvironment(unit),
    ...(environmentFiles.length === 0 ? {} : { environmentFiles }),
    ...(fragmentPath === '' ? {} : { fragmentPath }),
    ...(process === undefined ? {} : { process }),
    torrc,
    ...(withheld.length === 0 ? {} : { withheldIncludes: withheld }),
    ...(defaultsTorrc === undefined ? {} : { defaultsTorrc }),
    dropIns: dropInsOf(unit.id, readings.files.values()),
    ...(nickname === undefined ? {} : { nickname }),
    ...(identity === undefined ? {} : { fingerprint: identity.fingerprint }),
    ...(controlSocket === undefined ? {} : { controlSocket }),
    torrcPath,
    dataDirectory,
  };
};

// The package brings this unit to every host; where the instances took over, it is masked or has no torrc.
const isInUse = ({ loadState, mainPid, torrc }: InstanceFacts): boolean =>
  mainPid > 0 || (loadState === 'loaded' && torrc.length > 0);

/** Every instance of the host by name; `default` only where it is in use. */
export const describeInstances = (readings: InstanceReadings): InstanceFacts[] =>
  readings.units
    .flatMap((unit) => {
      const name = /^tor@(.+)\.service$/.exec(unit.id)?.[1];
      return name === undefined ? [] : [describeInstance(name, unit, readings)];
    })
    .filter((instance) => instance.name !== 'default' || isInUse(instance))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
