// What tests look at in the JSON of commands: fields of all their results side by side, named and typed as they are where a command has
// them. A field that a command does not have is undefined: whoever looks at it knows which command it was.

import type { ReportOutcome } from 'tearless/report/experiment/experiment-report.ts';
import type { FrontendStatus } from '../../../packages/tearless/src/balance/run/status.ts';

interface Failure {
  readonly code: string;
  readonly kind: string;
  readonly message: string;
  readonly hint: string;
}

interface Item {
  readonly id: string;
  readonly failure: Failure;
  readonly steps: readonly { readonly id: string }[];
}

/** Something that an experiment left. */
export interface ShownLeaving {
  readonly id: string;
  readonly verdict: string;
  readonly origin: string;
  readonly evidence: readonly string[];
}

/** A line of the list at the end of an experiment. */
export interface ShownLine {
  readonly id: string;
  readonly state: string;
  readonly evidence: readonly string[];
}

/** Of a relay that takes live updates. */
interface ShownLive {
  readonly build: string;
  /** What it was started with. */
  readonly program: string;
  readonly nextStart: string;
  readonly differsFromDisk: boolean;
  readonly pending: boolean;
  readonly mappedBytes: number;
  readonly updates: readonly unknown[];
}

interface Load {
  readonly circuits: number;
  readonly connections: number;
  readonly streams: number;
}

/** As a list that has something in it. */
type Some<T> = readonly [T, ...T[]];

export interface Result {
  readonly schema: string;
  readonly error: Failure & { readonly causes: readonly string[] };
  // Plans and runs.
  readonly run: string | null;
  readonly outcome: string;
  readonly items: Some<Item>;
  readonly runs: readonly unknown[];
  readonly onHosts: Some<{ readonly run: string; readonly hosts: readonly string[] }>;
  readonly unreachable: Some<{ readonly host: string }>;
  // Experiments.
  readonly relaysPerArm: number;
  readonly started: string | null;
  readonly restarted: readonly string[];
  readonly waiting: readonly string[];
  readonly look: unknown;
  readonly outcomes: readonly ReportOutcome[];
  readonly leavings: readonly ShownLeaving[];
  readonly checklist: readonly ShownLine[];
  /** Lines of it that are not ticked. */
  readonly open: readonly string[];
  readonly document: string;
  // Balanced services.
  readonly frontends: readonly FrontendStatus[];
  readonly workers: readonly { readonly worker: string; readonly address: string }[];
  readonly places: readonly { readonly kind: string; readonly where: string; readonly problems: readonly string[] }[];
  readonly cachedUntilMs: number;
  readonly wasDrained: boolean;
  // Live updates.
  readonly relays: Some<{
    readonly state: ShownLive;
    readonly newer: readonly string[] | null;
    readonly warnings: readonly string[];
  }>;
  readonly census: Load;
  readonly reached: Load;
  readonly phases: readonly unknown[];
  readonly streams: readonly unknown[];
  readonly passed: boolean;
  readonly predictedPauseUs: number;
  readonly signers: readonly { readonly name: string; readonly valid: boolean; readonly until: string | null }[];
}
