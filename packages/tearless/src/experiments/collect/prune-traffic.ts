// How long figures of traffic are kept as they were sampled: series at short intervals help to correlate users with sites.
import type { Store } from '../../store/store.ts';
import { dayMs } from '../load/bin-traffic.ts';
import { coarsenTraffic } from '../load/compact.ts';

/** After so many whole days only a day's figure remains. */
export const rawTrafficDays = 14;

/** Bins what is older. @returns how many blocks of the store were written anew; 0 on most calls */
export const pruneTraffic = (store: Store, collection: string, nowMs: number): Promise<number> =>
  coarsenTraffic(store, collection, Math.floor(nowMs / dayMs - rawTrafficDays) * dayMs);
