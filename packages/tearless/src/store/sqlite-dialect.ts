// Kysely over Node's own SQLite. Not a general driver: one connection, transactions that take the write lock at once.
import { DatabaseSync } from 'node:sqlite';
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

type SqlValue = null | number | bigint | string | Uint8Array;

/** Node's database with the few methods that Kysely asks of one. */
const adaptDatabase = (database: DatabaseSync): SqliteDatabase => ({
  close: () => database.close(),
  prepare: (sql) => {
    const statement = database.prepare(sql);
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...(parameters as SqlValue[])),
      run: (parameters) => statement.run(...(parameters as SqlValue[])),
      iterate: (parameters) => statement.iterate(...(parameters as SqlValue[])),
    };
  },
});

/** A transaction that begins as a reader may fail to become a writer; ours write, so they say so at the start. */
class ImmediateSqliteDriver extends SqliteDriver {
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

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ImmediateSqliteDriver(this.#config);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/**
 * Opens the file for a journal: write-ahead log, and every commit on the disk before it is answered.
 * @param busyMs how long a statement waits for another process before it fails
 */
export const openSqliteDialect = (path: string, busyMs: number): SqliteDialect => {
  const database = new DatabaseSync(path, { timeout: busyMs, enableForeignKeyConstraints: true });
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  return new NodeSqliteDialect({ database: adaptDatabase(database) });
};
