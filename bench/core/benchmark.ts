// What a benchmark is and what it gives. A benchmark is a file of bench/ that exports one as `benchmark`.

/** What a benchmark may use while it runs. */
export interface BenchmarkContext {
  /** Says what is being done; for standard error. */
  readonly progress: (doing: string) => void;
  /** Aborted when a person interrupts: what was started must then be stopped. */
  readonly signal: AbortSignal;
}

export interface Benchmark {
  /** One line for people: what is measured, and against whom. */
  readonly summary: string;
  /** Groups of Debian packages (scripts/packages) that this benchmark needs beside those of the lab. */
  readonly packages?: readonly string[];
  /** Why this machine cannot run it, or undefined when it can. */
  readonly unavailable?: () => string | undefined;
  readonly run: (context: BenchmarkContext) => Promise<readonly Measurement[]>;
}

/** Medians of times, or what went wrong how often: less is better. */
export interface Measurement {
  /** The benchmark's name, or it with what is measured: `cli-start/help`. */
  readonly name: string;
  readonly unit: 'ms' | 's' | '%' | 'count';
  readonly ours: number;
  readonly peer?: number;
  /** The most that `ours` may be, in `unit`. */
  readonly limit?: number;
  /** The ratio that is aimed at; missing it breaks nothing. */
  readonly aim?: number;
}

/** `peer / ours`, so that above 1 Tearless is better; undefined without a peer, or where ours is nothing. */
export const ratioOf = ({ ours, peer }: Measurement): number | undefined =>
  peer === undefined || ours === 0 ? undefined : peer / ours;

export const isBroken = ({ ours, limit }: Measurement): boolean => limit !== undefined && ours > limit;
