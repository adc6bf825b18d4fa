// SQLite's errors in our words (https://www.sqlite.org/rescode.html).
import { StoreError } from './store-error.ts';

const errorNumber = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;

// The low byte is the primary code.
const sqliteBusy = 5;
const sqliteFull = 13;
const sqliteConstraint = 19;

export const isSqliteConflict = (error: unknown): boolean => ((errorNumber(error) ?? 0) & 0xff) === sqliteConstraint;

/** True when another connection holds the lock that a statement needs. */
export const isBusy = (error: unknown): boolean => ((errorNumber(error) ?? 0) & 0xff) === sqliteBusy;

/** @returns undefined for what is no error of SQLite */
export const describeSqliteError = (error: unknown, path: string): StoreError | undefined => {
  const primary = errorNumber(error);
  if (primary === undefined) return undefined;
  switch (primary & 0xff) {
    case sqliteBusy:
      return new StoreError({
        kind: 'locked',
        code: 'store-busy',
        message: `another process keeps the state database ${path} busy`,
        hint: 'wait until it has finished, then try again',
        retryable: true,
        subject: path,
        cause: error,
      });
    case sqliteFull:
      return new StoreError({
        kind: 'failed',
        code: 'store-full',
        message: `no room to write the state database ${path}`,
        hint: 'make room on that file system, then resume',
        subject: path,
        cause: error,
      });
    default:
      return new StoreError({
        kind: 'failed',
        code: 'store-unusable',
        message: `cannot use the state database ${path}: ${error instanceof Error ? error.message : String(error)}`,
        hint: 'check that the file is a Tearless state database that you may write; the journals on the hosts hold what an undo needs',
        subject: path,
        cause: error,
      });
  }
};
