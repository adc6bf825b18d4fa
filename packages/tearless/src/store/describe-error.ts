// The database's errors in our words, whichever database it is.
import { isPostgresUrl } from './place.ts';
import { describePostgresError } from './postgres/error.ts';
import { describeSqliteError, isSqliteConflict } from './sqlite-error.ts';
import { StoreError } from './store-error.ts';

const uniqueViolation = '23505';

/** True when a row with that key stands there already. */
export const isConflict = (error: unknown): boolean =>
  isSqliteConflict(error) || (error instanceof Error && 'code' in error && error.code === uniqueViolation);

/**
 * Errors that describe themselves pass through.
 * @param path where the state lies, as people are shown it
 */
export const describeStoreError = (error: unknown, path: string): unknown =>
  error instanceof StoreError
    ? error
    : ((isPostgresUrl(path) ? describePostgresError : describeSqliteError)(error, path) ?? error);
