// What is remembered of one worker's health, and how a signal changes it. What follows from it is in judge.ts and pool.ts.
import type { HealthSignal } from '../model/health.ts';
import type { WorkerState } from '../model/worker.ts';
import type { HealthRules } from './rules.ts';

export interface WorkerMemory {
  readonly state: WorkerState;
  /** Why it is in that state, for people. */
  readonly why: string;
  readonly sinceMs: number;
  readonly isDraining: boolean;
  /** What its helper said last; null when there never was one. `lostMs`: since when it says nothing. */
  readonly helper: { readonly isUp: boolean; readonly why: string | null; readonly lostMs: number | null } | null;
  /** Until when its newest descriptor counts. */
  readonly descriptorUntilMs: number | null;
  /** By path: how many probes failed in a row; 0 when the last one succeeded. */
  readonly failures: Readonly<Record<string, { readonly inARow: number; readonly why: string | null }>>;
  /** When a probe reached it last. */
  readonly answeredMs: number | null;
  /** The path whose probes took it out. */
  readonly removedBy: string | null;
  /** The path whose probes would have taken it out, had they not failed for half of the others too. */
  readonly doubtedPath: string | null;
  readonly timesOut: number;
  readonly lastOutMs: number | null;
  readonly heldUntilMs: number | null;
}

export const nothingHeard = 'nothing was heard of it yet';

/** A worker of which nothing was heard. */
export const forget = (atMs: number): WorkerMemory => ({
  state: 'out',
  why: nothingHeard,
  sinceMs: atMs,
  isDraining: false,
  helper: null,
  descriptorUntilMs: null,
  failures: {},
  answeredMs: null,
  removedBy: null,
  doubtedPath: null,
  timesOut: 0,
  lastOutMs: null,
  heldUntilMs: null,
});

export const noteSignal = (memory: WorkerMemory, signal: HealthSignal, rules: HealthRules): WorkerMemory => {
  switch (signal.kind) {
    case 'helper-seen': {
      const helper = { isUp: signal.isUp, why: signal.why ?? null, lostMs: null };
      // What was known of it before it went down says nothing of how it comes back.
      return signal.isUp
        ? { ...memory, helper }
        : { ...memory, helper, descriptorUntilMs: null, failures: {}, answeredMs: null };
    }
    case 'helper-lost': {
      const { helper } = memory;
      if (helper === null || helper.lostMs !== null) return memory;
      return { ...memory, helper: { ...helper, lostMs: signal.atMs } };
    }
    case 'descriptor-seen': {
      const untilMs = signal.atMs + signal.validForMs;
      return { ...memory, descriptorUntilMs: Math.max(memory.descriptorUntilMs ?? untilMs, untilMs) };
    }
    case 'probe-ok':
      return {
        ...memory,
        failures: { ...memory.failures, [signal.path]: { inARow: 0, why: null } },
        answeredMs: signal.atMs,
      };
    case 'probe-failed': {
      const inARow = Math.min((memory.failures[signal.path]?.inARow ?? 0) + 1, rules.failuresThatCount);
      return { ...memory, failures: { ...memory.failures, [signal.path]: { inARow, why: signal.why ?? null } } };
    }
    case 'drain-begun':
      return { ...memory, isDraining: true };
    case 'drain-ended':
      return { ...memory, isDraining: false };
  }
};
