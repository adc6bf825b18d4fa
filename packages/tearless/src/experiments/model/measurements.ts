// All that was measured in an experiment, in columns by relay: ten million samples fit into a few hundred megabytes.
import type { ExperimentInfo, ExperimentRelay } from './experiment.ts';
import type { ImportProblem } from './import-problem.ts';

/** A memory figure that was not measured. */
export const missingKib = 0xffff_ffff;
/** A sample whose row names no arm. */
export const noArm = 0xffff;
/** A sample that proves no allocator. */
export const noProof = 0xffff;

/** Figures beside memory; counters count from the process's start. NaN where one was not measured. */
export const figureNames = [
  'pssBytes',
  'anonymousBytes',
  'privateDirtyBytes',
  'swapBytes',
  'cpuSeconds',
  'threads',
  'majorFaults',
  /** When the process started. */
  'startedMs',
  /** systemd's count of automatic restarts. */
  'unitRestarts',
  'oomBytes',
  'onionskins',
  'onionskinsDropped',
  'connections',
  'readBytes',
  'writtenBytes',
] as const;
export type FigureName = (typeof figureNames)[number];

/** Samples of one relay, strictly ascending in time; all columns have the same length. */
export interface RelaySamples {
  readonly atMs: Float64Array;
  /** VmRSS, VmSize and VmHWM in KiB, as the kernel gives them; `missingKib` where not measured. */
  readonly rssKib: Uint32Array;
  readonly virtualKib: Uint32Array;
  readonly peakKib: Uint32Array;
  /** Index into `info.arms` as the row itself says, or `noArm`. */
  readonly arm: Uint16Array;
  /** Index into `proofs`, or `noProof`. */
  readonly proof: Uint16Array;
  /** Only figures that some sample of the experiment has. */
  readonly figures: ReadonlyMap<FigureName, Float64Array>;
}

/** The allocator that a process had loaded, read from /proc/PID/maps and the ELF note. */
export interface AllocatorProof {
  readonly allocator: string;
  readonly path: string;
  readonly buildId?: string;
  readonly version?: string;
}

/** Traffic of one relay as its descriptor, its write history or its own counter tells it; NaN where a figure is missing. */
export interface RelayTraffic {
  readonly atMs: Float64Array;
  readonly observedBps: Float64Array;
  readonly advertisedBps: Float64Array;
  readonly writtenBps: Float64Array;
}

/** Consensus flags of one relay at one instant. */
export interface FlagSighting {
  readonly atMs: number;
  readonly flags: readonly string[];
  readonly running?: boolean;
}

/** A row over all relays of a server, as the older files hold them. */
export interface AggregateRow {
  readonly atMs: number;
  readonly server: string;
  readonly relays: number;
  readonly totalKib: number;
}

/** Something that somebody wrote down: an arm added, a restart of all, a note. */
export interface ExperimentEvent {
  readonly atMs: number;
  /** `arm-added`, `restart`, `note`, … as the file says. */
  readonly kind: string;
  readonly text: string;
  /** Ids of relays; empty: all. */
  readonly relays: readonly string[];
  /** Written with a time zone. */
  readonly zoned: boolean;
}

/** Rows that carry one server name, from the first to the last of them. */
export interface ServerSpan {
  readonly server: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
}

/** A host that could not be asked at a planned instant. */
export interface RecordedGap {
  readonly atMs: number;
  readonly host: string;
  readonly reason: string;
}

export interface Measurements {
  readonly info: ExperimentInfo;
  readonly relays: readonly ExperimentRelay[];
  /** By the index of `relays`, like `traffic` and `flags`. */
  readonly samples: readonly RelaySamples[];
  readonly traffic: readonly RelayTraffic[];
  readonly flags: readonly (readonly FlagSighting[])[];
  readonly proofs: readonly AllocatorProof[];
  readonly aggregates: readonly AggregateRow[];
  readonly events: readonly ExperimentEvent[];
  readonly servers: readonly ServerSpan[];
  /** Every instant at which something was sampled, ascending. */
  readonly snapshots: Float64Array;
  readonly gaps: readonly RecordedGap[];
  /** What was wrong with the files that it was read from. */
  readonly problems: readonly ImportProblem[];
}
