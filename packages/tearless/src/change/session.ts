// One process working on one run: what its parts share. Built by engine.ts.
import type { Clock } from '../base/clock.ts';
import type { Host } from '../host/host.ts';
import type { PlanPart } from './entry-format.ts';
import type { RunFold } from './fold.ts';
import type { Journal } from './journal.ts';
import type { Plan } from './plan.ts';
import type { BoundItem } from './registry.ts';
import type { StepContext } from './step.ts';

/** Growing pauses: `firstMs`, then half as much again each time, up to `maxMs`. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface EngineLimits {
  /** Items at once on one host, and over all hosts. */
  readonly itemsPerHost: number;
  readonly itemsAtOnce: number;
  /** How long a host that cannot be reached is tried again before its item fails. */
  readonly unreachableMs: number;
  readonly unreachableBackoff: Backoff;
  readonly gateBackoff: Backoff;
}

export const defaultLimits: EngineLimits = {
  itemsPerHost: 16,
  itemsAtOnce: 64,
  unreachableMs: 120_000,
  unreachableBackoff: { firstMs: 500, maxMs: 10_000 },
  gateBackoff: { firstMs: 200, maxMs: 5_000 },
};

/** Where a probe point was reached. */
export interface PointPlace {
  readonly item?: string;
  readonly step?: string;
}

export interface Session {
  readonly run: string;
  /** What is known of the plan, and its items. */
  readonly plan: Plan;
  readonly part: PlanPart;
  readonly clock: Clock;
  readonly limits: EngineLimits;
  readonly journal: Journal;
  readonly fold: RunFold;
  readonly items: ReadonlyMap<string, BoundItem>;
  readonly hosts: (name: string) => Host;
  /** A person wants it to end at once: what runs is cut off. */
  readonly abort: AbortSignal;
  /** A person wants it to end after the current step; aborted with `abort` too. */
  readonly stop: AbortSignal;
  /** Too many items failed: what else runs in the batch ends after its current step. */
  readonly halt: AbortController;
  /** What the journal calls verified is checked again: another machine may have begun to undo it. */
  readonly recheck: boolean;
  /** Probe points for tests: between and inside the steps. */
  readonly point: (name: string, place?: PointPlace) => Promise<void>;
}

export const contextOf = (session: Session, host: string): StepContext => ({
  host: session.hosts(host),
  clock: session.clock,
  signal: session.abort,
  run: session.run,
});

/** A person stopped it, or this machine can no longer write its journal. */
export const isStopped = (session: Session): boolean =>
  session.stop.aborted || session.abort.aborted || session.journal.broken() !== undefined;

export const nextPause = (backoff: Backoff, pauseMs: number | undefined): number =>
  pauseMs === undefined ? backoff.firstMs : Math.min(backoff.maxMs, Math.ceil(pauseMs * 1.5));
