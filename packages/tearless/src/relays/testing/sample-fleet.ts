// A small fleet as values, for tests: hosts, instances and libraries as Debian has them.
import { sha256Hex } from '../../base/json.ts';
import { instancePaths } from '../../daemon/instance.ts';
import type { AllocatorLibrary, FileFacts, HostFacts, InstanceFacts } from '../../facts/observed.ts';
import type { FleetObservation } from '../fleet-observation.ts';

export const libraries = {
  glibc: { allocator: 'glibc', path: '/usr/lib/x86_64-linux-gnu/libc.so.6', buildId: '00'.repeat(20) },
  mimalloc: {
    allocator: 'mimalloc',
    path: '/usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0',
    aliases: ['/usr/lib/x86_64-linux-gnu/libmimalloc.so.2'],
    buildId: 'aa'.repeat(20),
    package: { name: 'libmimalloc2.0', version: '2.0.9+ds-2' },
  },
  jemalloc: {
    allocator: 'jemalloc',
    path: '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2',
    buildId: 'bb'.repeat(20),
    package: { name: 'libjemalloc2', version: '5.3.0-1' },
  },
} as const satisfies Record<string, AllocatorLibrary>;

export const fileFacts = (path: string, text: string): FileFacts => ({
  path,
  text,
  sha256: sha256Hex(text),
  mode: 0o644,
  owner: 'root',
  group: 'root',
});

export const sampleInstance = (name: string, change: Partial<InstanceFacts> = {}): InstanceFacts => {
  const paths = instancePaths(name);
  return {
    name,
    unit: paths.unit,
    activeState: 'active',
    subState: 'running',
    unitFileState: 'enabled',
    needDaemonReload: false,
    mainPid: 100,
    restarts: 0,
    activeEnterMs: 1_700_000_000_000,
    activeEnterMonotonicUs: 5_000_000,
    environment: {},
    process: {
      pid: 100,
      startTicks: 500,
      cpuSeconds: 10,
      threads: 3,
      memory: {
        rssBytes: 5e8,
        pssBytes: 5e8,
        anonymousBytes: 4e8,
        privateDirtyBytes: 4e8,
        swapBytes: 0,
        peakRssBytes: 6e8,
      },
      allocator: libraries.glibc,
    },
    torrc: [fileFacts(paths.torrcPath, `Nickname ${name}\nORPort 9001\n`)],
    dropIns: [],
    nickname: name,
    fingerprint: sha256Hex(name).slice(0, 40).toUpperCase(),
    controlSocket: paths.controlSocket,
    torrcPath: paths.torrcPath,
    dataDirectory: paths.dataDirectory,
    ...change,
  };
};

export const sampleHost = (
  host: string,
  instances: readonly InstanceFacts[],
  change: Partial<HostFacts> = {},
): HostFacts => ({
  host,
  hostTimeMs: 1_700_000_100_000,
  bootId: '11111111-2222-3333-4444-555555555555',
  os: {
    id: 'debian',
    versionId: '12',
    prettyName: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0',
    architecture: 'x86_64',
    systemdVersion: '252',
  },
  memoryTotalBytes: 64e9,
  cpus: 8,
  disks: [{ mount: '/', totalBytes: 1e11, availableBytes: 5e10 }],
  torVersion: '0.4.9.11',
  packages: Object.values(libraries).flatMap((library) =>
    'package' in library ? [{ ...library.package, held: true }] : [],
  ),
  libraries: Object.values(libraries),
  instances,
  timers: [],
  cron: [],
  ...change,
});

export const observe = (...hosts: readonly HostFacts[]): FleetObservation => ({
  hosts: new Map(hosts.map((facts) => [facts.host, facts])),
  unreachable: new Map(),
});

/** `relays:` and `settings:` follow. */
export const configHead = (hosts: readonly string[]): string => `version: 1
fleet: sample
network: lab
hosts: { ${hosts.map((host) => `${host}: {}`).join(', ')} }
allocators:
  mimalloc:
    version: 2.0.9
    package: { name: libmimalloc2.0, version: 2.0.9+ds-2 }
    library: ${libraries.mimalloc.aliases[0]}
    buildIds: [${libraries.mimalloc.buildId}]
  jemalloc:
    version: 5.3.0
    package: { name: libjemalloc2, version: 5.3.0-1 }
    library: ${libraries.jemalloc.path}
    buildIds: [${libraries.jemalloc.buildId}]
`;
