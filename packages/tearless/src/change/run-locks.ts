// The locks on all hosts of a plan: taken before anything is touched, given up when the run has ended for good.

import { findStoredRun } from '../store/runs.ts';
import { isUnreachable } from './change-error.ts';
import type { EngineSetup } from './engine-setup.ts';
import type { PlanPart } from './entry-format.ts';
import { isFinalOutcome, type RunOutcome } from './event.ts';
import { type HostLock, releaseHostLock, takeHostLock } from './host-lock.ts';
import { hostsOf } from './plan-part.ts';

export interface HostLocks {
  readonly taken: readonly string[];
  /** Hosts whose lock could not be had. */
  readonly lost: readonly string[];
  readonly errors: readonly unknown[];
}

/** Takes what can be taken; the caller judges the errors. */
export const takeHostLocks = async (
  setup: EngineSetup,
  part: PlanPart,
  run: string,
  takeOver: boolean,
): Promise<HostLocks> => {
  const lock: HostLock = { run, fleet: part.plan.fleet, sinceMs: setup.clock.now(), holder: setup.holder };
  const taken: string[] = [];
  const lost: string[] = [];
  const errors: unknown[] = [];
  const isFinal = async (other: string): Promise<boolean> =>
    isFinalOutcome((await findStoredRun(setup.store, other))?.outcome as RunOutcome | undefined);
  await Promise.all(
    hostsOf(part).map(async (name) => {
      try {
        await takeHostLock(setup.hosts(name), lock, takeOver, isFinal);
        taken.push(name);
      } catch (error) {
        lost.push(name);
        errors.push(error);
      }
    }),
  );
  return { taken, lost, errors };
};

/** Gives up the locks of these hosts. @returns those that could not be told */
export const releaseHostLocks = async (
  setup: EngineSetup,
  names: readonly string[],
  run: string,
): Promise<string[]> => {
  const untold: string[] = [];
  await Promise.all(
    names.map(async (name) => {
      try {
        await releaseHostLock(setup.hosts(name), run);
      } catch {
        untold.push(name); // Reported in the result; the next run finds this one finished and takes the lock.
      }
    }),
  );
  return untold;
};

/** What refuses comes before what merely cannot be reached: it says who holds the lock. */
export const worstOf = (errors: readonly unknown[]): unknown =>
  errors.find((error) => !isUnreachable(error)) ?? errors[0];
