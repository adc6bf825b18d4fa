// The durable state of one operator: opens it, brings its tables up to date. What the rows mean is the upper floors' business.
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Dialect, Kysely } from 'kysely';
import { type MigrationProvider, Migrator } from 'kysely/migration';
import { describeStoreError } from './describe-error.ts';
import { migrations } from './migrations/all.ts';
import { renderStorePlace, type StorePlace } from './place.ts';
import type { Environment } from './postgres/connection.ts';
import type { Tables } from './schema.ts';
import { StoreError } from './store-error.ts';

export interface Store {
  /** For people: where the state lies. */
  readonly path: string;
  readonly kind: StorePlace['kind'];
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

/** The dialects are loaded only where they are used: SQLite and PostgreSQL both take a while to begin. */
const openDialect = async (place: StorePlace, busyMs: number, env: Environment): Promise<Dialect> => {
  if (place.kind === 'postgres') {
    const [{ resolvePostgres }, { openPostgresDialect }] = await Promise.all([
      import('./postgres/connection.ts'),
      import('./postgres/dialect.ts'),
    ]);
    return openPostgresDialect(resolvePostgres(place.at, env), busyMs);
  }
  if (place.path !== ':memory:') preparePrivateFile(place.path);
  return (await import('./sqlite-dialect.ts')).openSqliteDialect(place.path, busyMs);
};

export interface OpenOptions {
  /** How long a statement waits for another process before it fails; 10,000 by default. */
  readonly busyMs?: number;
  /** Where PostgreSQL's own variables are read from: PGPASSFILE, PGSERVICEFILE, … */
  readonly env?: Environment;
}

/**
 * Opens the state database, its tables made where there are none.
 * @param at the place, or the path of a file; `:memory:` keeps it in memory, for tests
 * @throws StoreError when it cannot be used, or is newer than this program
 */
export const openStore = async (at: StorePlace | string, options: OpenOptions = {}): Promise<Store> => {
  const place: StorePlace = typeof at === 'string' ? { kind: 'sqlite', path: at } : at;
  const path = renderStorePlace(place);
  let db: Kysely<Tables> | undefined;
  try {
    db = new Kysely<Tables>({ dialect: await openDialect(place, options.busyMs ?? 10_000, options.env ?? {}) });
    await migrate(db, path);
  } catch (error) {
    await db?.destroy();
    throw describeFileError(describeStoreError(error, path), path);
  }
  const opened = db;
  const close = (): Promise<void> => opened.destroy();
  return { path, kind: place.kind, db: opened, close, [Symbol.asyncDispose]: close };
};

const describeFileError = (error: unknown, path: string): unknown => {
  if (error instanceof StoreError || !(error instanceof Error) || !('syscall' in error) || !('code' in error))
    return error;
  return new StoreError({
    kind: error.code === 'EACCES' || error.code === 'EPERM' ? 'denied' : 'failed',
    code: 'store-unusable',
    message: `cannot open the state database ${path}: ${error.message}`,
    hint: 'name a state directory that you may write with XDG_STATE_HOME',
    subject: path,
    cause: error,
  });
};
