// Kysely over Node's own SQLite. Not a general driver: one connection, transactions that take the write lock at once.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from 'kysely';
import { isBusy } from './sqlite-error.ts';

type SqlValue = null | number | bigint | string | Uint8Array;

/** SQLite's own wait stops this whole process, and with it whoever in it holds the lock; so it is kept this short. */
const blockingWaitMs = 20;

/**
 * So many statements are kept ready. Each is memory that the collector of garbage does not see: made anew for every query they
 * pile up by the ten thousand, each with what was bound to it last.
 */
const mostStatements = 100;

/** Node's database with the few methods that Kysely asks of one. */
const adaptDatabase = (database: DatabaseSync): SqliteDatabase => {
  const ready = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const statement = ready.get(sql) ?? database.prepare(sql);
    ready.delete(sql);
    ready.set(sql, statement);
    for (const oldest of ready.keys()) {
      if (ready.size <= mostStatements) break;
      ready.delete(oldest);
    }
    return statement;
  };
  return {
    close: () => {
      ready.clear();
      database.close();
    },
    prepare: (sql) => {
      const statement = prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SqlValue[])),
        run: (parameters) => statement.run(...(parameters as SqlValue[])),
        // One that is read step by step may not be begun again meanwhile.
        iterate: (parameters) => database.prepare(sql).iterate(...(parameters as SqlValue[])),
      };
    },
  };
};

/** A statement that met another's lock has done nothing: it is tried again until `busyMs` are over. */
const waitForTurn = async <T>(busyMs: number, act: () => T | Promise<T>): Promise<T> => {
  const endMs = performance.now() + busyMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    try {
      return await act();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= endMs) throw error;
      await delay(pauseMs);
    }
  }
};

class PatientSqliteDriver extends SqliteDriver {
  readonly #busyMs: number;
  #patient: DatabaseConnection | undefined;

  constructor(config: SqliteDialectConfig, busyMs: number) {
    super(config);
    this.#busyMs = busyMs;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    this.#patient ??= {
      executeQuery: (query, options) => waitForTurn(this.#busyMs, () => connection.executeQuery(query, options)),
      streamQuery: (query, chunkSize, options) => connection.streamQuery(query, chunkSize, options),
    };
    return this.#patient;
  }

  /** A transaction that begins as a reader may fail to become a writer; ours write, so they say so at the start. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

/** SQLite rolls schema changes back like any other: a migration happens whole or not at all. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;
  readonly #busyMs: number;

  constructor(config: SqliteDialectConfig, busyMs: number) {
    super(config);
    this.#config = config;
    this.#busyMs = busyMs;
  }

  override createDriver(): Driver {
    return new PatientSqliteDriver(this.#config, this.#busyMs);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/**
 * Opens the file for a journal: write-ahead log, and every commit on the disk before it is answered.
 * @param busyMs how long a statement waits for another connection before it fails
 */
export const openSqliteDialect = async (path: string, busyMs: number): Promise<SqliteDialect> => {
  const database = new DatabaseSync(path, { timeout: blockingWaitMs, enableForeignKeyConstraints: true });
  try {
    await waitForTurn(busyMs, () => database.exec('pragma journal_mode = wal'));
    database.exec('pragma synchronous = full');
  } catch (error) {
    database.close();
    throw error;
  }
  return new NodeSqliteDialect({ database: adaptDatabase(database) }, busyMs);
};
