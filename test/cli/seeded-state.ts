// A state directory with runs and locks in it, for tests of what commands find there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wholePart } from '../../packages/tearless/src/change/plan-part.ts';
import { planOf, relayItem } from '../../packages/tearless/src/change/testing/fleet.ts';
import { type Holder, readOwnHolder } from '../../packages/tearless/src/store/holder.ts';
import { takeStoredLock } from '../../packages/tearless/src/store/locks.ts';
import { appendEntries, insertRun } from '../../packages/tearless/src/store/runs.ts';
import { openStore } from '../../packages/tearless/src/store/store.ts';

export interface SeededRun {
  readonly run: string;
  readonly fleet: string;
  readonly createdMs: number;
  /** How it ended, where it did. */
  readonly outcome?: string;
  /** As it is kept; that of a relay's restart by default. */
  readonly plan?: string;
  /** Holds the lock of its fleet. */
  readonly lockedBy?: Holder;
}

/** A process of this machine that has ended. */
export const goneHolder = (): Holder => ({ ...readOwnHolder(), pid: 4_194_303, startTicks: 1 });

export interface SeededState extends AsyncDisposable {
  readonly env: { readonly XDG_STATE_HOME: string };
}

export const seedState = async (runs: readonly SeededRun[]): Promise<SeededState> => {
  const directory = await mkdtemp(join(tmpdir(), 'tearless-state-'));
  {
    await using store = await openStore(join(directory, 'tearless', 'state.db'));
    for (const { run, fleet, createdMs, outcome, lockedBy, plan: kept } of runs) {
      const plan =
        kept ?? JSON.stringify(wholePart({ ...planOf([relayItem({ host: 'h1', relay: 'a' })]), id: run, fleet }));
      await insertRun(store, { run, fleet, createdMs, plan }, []);
      if (outcome !== undefined) await appendEntries(store, run, [], outcome);
      if (lockedBy !== undefined)
        await takeStoredLock(store, { name: `fleet/${fleet}`, run, holder: lockedBy, sinceMs: createdMs }, () => {});
    }
  }
  return {
    env: { XDG_STATE_HOME: directory },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};
