// Errors that pass by themselves: waiting cures them.
import { TorError } from '@tearless/tor/error.ts';
import { isDescribedError } from '../../base/error.ts';
import { StoreError } from '../../store/store-error.ts';

/** Kinds of errors that waiting does not cure. */
const lastingKinds: ReadonlySet<string> = new Set(['denied', 'config', 'usage', 'bug', 'refused']);

/** Whether it makes sense to connect again. */
export const isPassing = (error: unknown): boolean =>
  error instanceof TorError ? error.kind !== 'denied' : isDescribedError(error) && !lastingKinds.has(error.kind);

/** The store is out of reach for a while. */
export const isStoreAway = (error: unknown): boolean => error instanceof StoreError && isPassing(error);
