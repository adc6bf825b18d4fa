// One look at every running relay of a host, as values. All of it is of one instant of the host's clock.
import type { AllocatorLibrary } from '../observed.ts';

/** What a relay's MetricsPort tells; absent where its tor does not tell it. Counters count from the process's start. */
export interface RelayMetrics {
  /** Freed by the out-of-memory handler, all parts together. */
  readonly oomBytes?: number;
  readonly onionskins?: number;
  readonly onionskinsDropped?: number;
  /** Open ones, without listeners, control and metrics connections. */
  readonly connections?: number;
  readonly readBytes?: number;
  readonly writtenBytes?: number;
  /** Flags that the consensus gives this relay, as its tor knows it; empty where it is in none. */
  readonly flags?: readonly string[];
}

export interface RelaySample {
  /** `NAME` of `tor@NAME.service`. */
  readonly instance: string;
  readonly pid: number;
  /** By the host's clock; the same process may seem to start up to two seconds earlier or later in another sample. */
  readonly startedMs: number;
  /** systemd's count of automatic restarts. */
  readonly unitRestarts: number;
  /** VmRSS, VmSize, VmHWM, as the kernel gives them. */
  readonly rssKib: number;
  readonly virtualKib: number;
  readonly peakKib: number;
  readonly pssBytes: number;
  readonly anonymousBytes: number;
  readonly privateDirtyBytes: number;
  readonly swapBytes: number;
  readonly cpuSeconds: number;
  readonly threads: number;
  readonly majorFaults: number;
  /** Proved from /proc/PID/maps and the ELF note of the mapped file; its package where that file is still the installed one. */
  readonly allocator: AllocatorLibrary;
  readonly nickname?: string;
  /** RSA identity, 40 upper-case hexadecimal digits. */
  readonly fingerprint?: string;
  readonly metrics?: RelayMetrics;
  /** Why a relay that has a MetricsPort did not tell. */
  readonly metricsProblem?: string;
}

export interface HostSample {
  readonly host: string;
  /** Milliseconds since 1970-01-01 UTC by the host's clock. */
  readonly atMs: number;
  readonly bootId: string;
  /** By name. */
  readonly relays: readonly RelaySample[];
  /** Instances with a process that could not be read: it ended at that moment. */
  readonly unread: readonly string[];
}
