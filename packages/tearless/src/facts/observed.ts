// What was seen on a host, as values. One round trip fills it; absent means it could not be had, never a default.

export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  /** Marked so that upgrades leave it alone (`apt-mark hold`). */
  readonly held: boolean;
}

export type AllocatorName = 'glibc' | 'mimalloc' | 'jemalloc' | 'tcmalloc' | 'unknown';

/** A shared library that can serve as an allocator: loaded by a process, or lying ready on the host. */
export interface AllocatorLibrary {
  readonly allocator: AllocatorName;
  /** Resolved: no links on the way. */
  readonly path: string;
  /** Other names that lead to it: links such as `libmimalloc.so.2`; only for libraries found on the host's disk. */
  readonly aliases?: readonly string[];
  /** GNU build-id, hexadecimal; undefined where the file has none. */
  readonly buildId?: string;
  /** Debian package that owns the file, and its version. */
  readonly package?: { readonly name: string; readonly version: string };
}

/** Bytes from /proc/PID/smaps_rollup and /proc/PID/status. */
export interface MemoryFacts {
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly anonymousBytes: number;
  readonly privateDirtyBytes: number;
  readonly swapBytes: number;
  /** VmHWM: the highest RSS so far. */
  readonly peakRssBytes: number;
}

export interface ProcessFacts {
  readonly pid: number;
  /** Clock ticks since boot (field 22 of /proc/PID/stat): with the pid, the process's identity. */
  readonly startTicks: number;
  readonly cpuSeconds: number;
  readonly threads: number;
  readonly memory: MemoryFacts;
  /** Proved from /proc/PID/maps and the ELF note of the mapped file. */
  readonly allocator: AllocatorLibrary;
}

export interface FileFacts {
  readonly path: string;
  readonly sha256: string;
  readonly text: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** One tor instance: `tor@NAME.service`, or `tor@default.service` of a single-instance host (name `default`). */
export interface InstanceFacts {
  readonly name: string;
  readonly unit: string;
  readonly activeState: string;
  readonly subState: string;
  readonly unitFileState: string;
  readonly needDaemonReload: boolean;
  readonly mainPid: number;
  readonly restarts: number;
  readonly activeEnterMs: number;
  readonly activeEnterMonotonicUs: number;
  /** As systemd would start it now. */
  readonly environment: Readonly<Record<string, string>>;
  readonly process?: ProcessFacts;
  /** Main torrc first, then what it includes. */
  readonly torrc: readonly FileFacts[];
  /** Every drop-in that applies to this unit only, and those for all of `tor@.service`. */
  readonly dropIns: readonly FileFacts[];
  readonly nickname?: string;
  /** RSA identity, 40 upper-case hexadecimal digits, from the instance's `fingerprint` file (public). */
  readonly fingerprint?: string;
  readonly controlSocket?: string;
  /** Where tor reads its configuration and keeps its state. */
  readonly torrcPath: string;
  readonly dataDirectory: string;
}

export interface TimerFacts {
  readonly unit: string;
  readonly activates: string;
  readonly activeState: string;
  readonly unitFileState: string;
  /** The timer's file, where it has one. */
  readonly path?: string;
}

export interface CronLine {
  readonly path: string;
  readonly user: string;
  readonly line: number;
  readonly text: string;
}

export interface HostFacts {
  readonly host: string;
  /** Milliseconds since 1970-01-01 UTC by the host's own clock when the facts were read. */
  readonly hostTimeMs: number;
  readonly bootId: string;
  readonly os: {
    readonly id: string;
    readonly versionId: string;
    readonly prettyName: string;
    readonly kernel: string;
    readonly architecture: string;
    readonly systemdVersion: string;
  };
  readonly memoryTotalBytes: number;
  readonly cpus: number;
  readonly disks: readonly { readonly mount: string; readonly totalBytes: number; readonly availableBytes: number }[];
  readonly torVersion?: string;
  readonly packages: readonly PackageFacts[];
  readonly libraries: readonly AllocatorLibrary[];
  readonly instances: readonly InstanceFacts[];
  readonly timers: readonly TimerFacts[];
  readonly cron: readonly CronLine[];
}
