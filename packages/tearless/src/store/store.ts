// The durable state of one operator: opens it, brings its tables up to date. What the rows mean is the upper floors' business.
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { type MigrationProvider, Migrator } from 'kysely/migration';
import { migrations } from './migrations/all.ts';
import type { Tables } from './schema.ts';
import { openSqliteDialect } from './sqlite-dialect.ts';
import { describeStoreError, StoreError } from './store-error.ts';

export interface Store {
  /** For people: where the state lies. */
  readonly path: string;
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const provider: MigrationProvider = { getMigrations: async () => ({ ...migrations }) };

const migrate = async (db: Kysely<Tables>, path: string): Promise<void> => {
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && /previously executed migration .* is missing/.test(error.message)) {
    throw new StoreError({
      kind: 'refused',
      code: 'store-newer',
      message: `the state database ${path} was written by a newer Tearless`,
      hint: 'use that version, or name another state directory',
      subject: path,
      cause: error,
    });
  }
  throw error;
};

/** The directory and the file are the operator's alone: a plan may hold what a torrc holds. */
const preparePrivateFile = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
};

/**
 * Opens the state database, made where there is none.
 * @param path the file; `:memory:` keeps it in memory, for tests
 * @throws StoreError when it cannot be used, or is newer than this program
 */
export const openStore = async (path: string, options: { readonly busyMs?: number } = {}): Promise<Store> => {
  let db: Kysely<Tables> | undefined;
  try {
    if (path !== ':memory:') preparePrivateFile(path);
    db = new Kysely<Tables>({ dialect: await openSqliteDialect(path, options.busyMs ?? 10_000) });
    await migrate(db, path);
  } catch (error) {
    await db?.destroy();
    throw describeFileError(describeStoreError(error, path), path);
  }
  const opened = db;
  const close = (): Promise<void> => opened.destroy();
  return { path, db: opened, close, [Symbol.asyncDispose]: close };
};

const describeFileError = (error: unknown, path: string): unknown => {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  return new StoreError({
    kind: error.code === 'EACCES' || error.code === 'EPERM' ? 'denied' : 'failed',
    code: 'store-unusable',
    message: `cannot open the state database ${path}: ${error.message}`,
    hint: 'name a state directory that you may write with XDG_STATE_HOME',
    subject: path,
    cause: error,
  });
};
