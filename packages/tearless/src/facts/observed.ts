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
  /**
   * Proved from /proc/PID/maps and the ELF note of the mapped file. Its package is absent where the file was replaced:
   * the installed version is not the one that runs.
   */
  readonly allocator: AllocatorLibrary;
  /** True when the file at the allocator's path is no longer the one that is mapped: a restart would load another. */
  readonly allocatorReplaced?: boolean;
  /** LD_PRELOAD as this process was given it: what was asked for, not what was loaded. Absent when not set. */
  readonly preload?: string;
  /** The tor binary that runs, which may be older than the one installed. */
  readonly executable?: ExecutableFacts;
}

export interface ExecutableFacts {
  readonly path: string;
  readonly buildId?: string;
  /** True when the file at the path is no longer the one that runs. */
  readonly replaced: boolean;
}

export interface FileFacts {
  readonly path: string;
  /** Of the bytes. Differs from that of `text` where the file is not UTF-8: such a file must not be rewritten. */
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
  /** Files with further variables (`EnvironmentFile=`), which facts do not open. */
  readonly environmentFiles?: readonly string[];
  /** `loaded`, `masked`, `not-found`, … */
  readonly loadState?: string;
  /** The unit file that systemd has loaded. */
  readonly fragmentPath?: string;
  /** Main torrc first, then what it includes, in the order in which tor reads it. */
  readonly torrc: readonly FileFacts[];
  /** Files that the torrc includes and facts do not open: outside /etc/tor and not readable by everybody. */
  readonly withheldIncludes?: readonly string[];
  /** The file of Debian's defaults (`--defaults-torrc`), once the instance was started. */
  readonly defaultsTorrc?: FileFacts;
  /** Every drop-in on disk that applies to this unit, to all of `tor@.service` or to all services, in systemd's order. */
  readonly dropIns: readonly FileFacts[];
  /** From the `fingerprint` file, else as the torrc asks for. */
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
  /** Absent for a template, which activates nothing by itself. */
  readonly activates?: string;
  /** Absent for a template. */
  readonly activeState?: string;
  readonly unitFileState: string;
  /** The timer's file, where it has one. */
  readonly path?: string;
}

/** One job; comments, variables and lines that cron would not run are left out. */
export interface CronLine {
  readonly path: string;
  readonly user: string;
  /** From 1. */
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
  /** The tables that these jobs stand in, whole. */
  readonly cronTables?: readonly FileFacts[];
  /** Files of /etc/systemd/system named `tor-restart…` or `restart-tor…`: timers and what they start. */
  readonly restartUnits?: readonly FileFacts[];
}
