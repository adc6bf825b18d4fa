// The lock on a fleet in this operator's own store: one run a fleet at a time.
import type { Clock } from '../base/clock.ts';
import { type Holder, readHolderState } from '../store/holder.ts';
import { readStoredLock, releaseStoredLock, type StoredLock, takeStoredLock } from '../store/locks.ts';
import type { Store } from '../store/store.ts';
import { isFinalOutcome, type RunOutcome } from './event.ts';
import { lockedError, refuseLiveHolder } from './host-lock.ts';

export interface FleetLockRequest {
  readonly fleet: string;
  readonly run: string;
  readonly holder: Holder;
  readonly takeOver: boolean;
}

const fleetLockName = (fleet: string): string => `fleet/${fleet}`;

/**
 * Takes the fleet's lock for a run; another run's lock yields when that run is finished, or was killed before it began: on
 * another machine or in another container that cannot be seen, so there `takeOver` says it.
 * @throws ChangeError `change-locked` naming the holder
 */
export const takeFleetLock = async (store: Store, clock: Clock, request: FleetLockRequest): Promise<void> => {
  const what = `fleet ${request.fleet}`;
  const { run, holder } = request;
  await takeStoredLock(
    store,
    { name: fleetLockName(request.fleet), run, holder, sinceMs: clock.now() },
    (standing, known) => {
      if (standing.run === run) return refuseLiveHolder(what, standing, holder, request.takeOver);
      if (known !== undefined && isFinalOutcome((known.outcome ?? undefined) as RunOutcome | undefined)) return;
      const state = readHolderState(standing.holder);
      if (known === undefined && (state === 'gone' || (state === 'elsewhere' && request.takeOver))) return;
      throw lockedError(what, standing, { holder: state, hasBegun: known !== undefined });
    },
  );
};

/** Who holds the fleet, if anyone. */
export const readFleetLock = (store: Store, fleet: string): Promise<StoredLock | undefined> =>
  readStoredLock(store, fleetLockName(fleet));

export const releaseFleetLock = (store: Store, fleet: string, run: string): Promise<void> =>
  releaseStoredLock(store, fleetLockName(fleet), run);
