// For tests: what facts would say of a host on which an experiment was set up by hand, as published scripts do it.
import { sha256Hex } from '../../../base/json.ts';
import { parseCron } from '../../../facts/cron.ts';
import { dropInsOf } from '../../../facts/drop-ins.ts';
import type { FileFacts, HostFacts, InstanceFacts, TimerFacts } from '../../../facts/observed.ts';
import type { EndedExperiment } from '../ended-experiment.ts';

export const fileOf = (path: string, text: string): FileFacts => ({
  path,
  text,
  sha256: sha256Hex(text),
  mode: 0o644,
  owner: 'root',
  group: 'root',
});

export const restartTemplate = `[Unit]
Description=Restart Tor relay %i

[Service]
Type=oneshot
ExecStart=/bin/systemctl restart tor@%i
`;

export const restartTimer = (relay: string, every: string): string => `[Unit]
Description=Restart tor@${relay} now and then

[Timer]
OnBootSec=${every}
OnUnitActiveSec=${every}
RandomizedDelaySec=300
Unit=tor-restart@${relay}.service

[Install]
WantedBy=timers.target
`;

export const preload = (library: string): string => `[Service]\nEnvironment="LD_PRELOAD=${library}"\n`;

export interface SampleHost {
  readonly relays: readonly string[];
  /** Lines behind those that all have, by relay. */
  readonly torrc?: Readonly<Record<string, string>>;
  /** By path below /etc/systemd/system. */
  readonly units?: Readonly<Record<string, string>>;
  readonly timers?: readonly TimerFacts[];
  readonly cron?: Readonly<Record<string, string>>;
}

const system = '/etc/systemd/system';

export const sampleHost = ({ relays, torrc = {}, units = {}, timers = [], cron = {} }: SampleHost): HostFacts => {
  const files = Object.entries(units).map(([path, text]) => fileOf(`${system}/${path}`, text));
  const tables = Object.entries(cron).map(([path, text]) => fileOf(path, text));
  return {
    host: 'h1',
    hostTimeMs: 0,
    bootId: 'boot',
    os: { id: 'debian', versionId: '12', prettyName: '', kernel: '', architecture: 'x86_64', systemdVersion: '252' },
    memoryTotalBytes: 1,
    cpus: 1,
    disks: [],
    packages: [],
    libraries: [],
    instances: relays.map((name): InstanceFacts => {
      const path = `/etc/tor/instances/${name}/torrc`;
      return {
        name,
        unit: `tor@${name}.service`,
        activeState: 'active',
        subState: 'running',
        unitFileState: 'enabled',
        needDaemonReload: false,
        mainPid: 1,
        restarts: 0,
        activeEnterMs: 0,
        activeEnterMonotonicUs: 0,
        environment: {},
        torrc: [fileOf(path, `Nickname ${name}\nSocksPort 0\n${torrc[name] ?? ''}`)],
        dropIns: dropInsOf(`tor@${name}.service`, files),
        torrcPath: path,
        dataDirectory: `/var/lib/tor-instances/${name}`,
      };
    }),
    timers,
    cron: parseCron(tables),
    cronTables: tables,
    restartUnits: files.filter(({ path }) => /\/(tor-restart|restart-tor)[^/]*$/.test(path)),
  };
};

export const timerOf = (unit: string, activates: string, more: Partial<TimerFacts> = {}): TimerFacts => ({
  unit,
  activates,
  activeState: 'active',
  unitFileState: 'enabled',
  path: `${system}/${unit}`,
  ...more,
});

/** The arms of the published experiment, as its file says them, over relays named by the arm. */
export const sampleExperiment = (arms: Readonly<Record<string, string | undefined>>): EndedExperiment => ({
  id: '2025-12-26-co-unified-memory-test',
  arms: [
    {
      id: 'A',
      name: 'jemalloc 5.3.0',
      config: { allocator: 'jemalloc', ld_preload: '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2' },
    },
    {
      id: 'B',
      name: 'mimalloc 2.1.2',
      config: { allocator: 'mimalloc', ld_preload: '/usr/lib/x86_64-linux-gnu/libmimalloc.so.2' },
    },
    { id: 'D', name: 'consensus-4h', config: { MaxConsensusAgeForDiffs: 14400 } },
    { id: 'E', name: 'consensus-8h', config: { MaxConsensusAgeForDiffs: 28800 } },
    { id: 'F', name: 'restart-24h', config: { restart_interval: '24h' } },
    { id: 'Z', name: 'control', config: { allocator: 'glibc', notes: 'No modifications' } },
  ],
  armOf: new Map(Object.entries(arms).map(([relay, arm]) => [`h1/${relay}`, arm])),
});
