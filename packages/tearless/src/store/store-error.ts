// What can go wrong with Tearless's own durable state.
import { TearlessError } from '../base/error.ts';

/** Codes: `store-unusable`, `store-newer`, `store-busy`, `store-full`, `store-run-unknown`, `store-run-exists`. */
export class StoreError extends TearlessError {}

const errorNumber = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;

// https://www.sqlite.org/rescode.html: the low byte is the primary code.
const sqliteBusy = 5;
const sqliteFull = 13;
const sqliteConstraint = 19;

/** True when a row with that key stands there already. */
export const isConflict = (error: unknown): boolean => ((errorNumber(error) ?? 0) & 0xff) === sqliteConstraint;

/** True when another connection holds the lock that a statement needs. */
export const isBusy = (error: unknown): boolean => ((errorNumber(error) ?? 0) & 0xff) === sqliteBusy;

/** Puts SQLite's words into ours; errors that describe themselves pass through. */
export const describeStoreError = (error: unknown, path: string): unknown => {
  const primary = errorNumber(error);
  if (primary === undefined) return error;
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
