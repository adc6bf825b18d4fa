// Kysely over PostgreSQL, behaving as the store's SQLite does: one transaction at a time, text ordered by its bytes, big
// integers as numbers, and no connection that is waited for longer than the store may wait.
import {
  CompiledQuery,
  type DatabaseConnection,
  type DataTypeNode,
  type Driver,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type PostgresPool,
  PostgresQueryCompiler,
  type QueryCompiler,
} from 'kysely';
import { Pool, type PoolClient, types } from 'pg';
import { Bug } from '../../base/error.ts';
import type { PostgresConnection } from './connection.ts';

const mostConnections = 4;
const connectMs = 5_000;
/** A process that was stopped in the middle of a transaction keeps others waiting no longer. */
const idleInTransactionMs = 5_000;
const closeMs = 2_000;

/** Held by every transaction from its beginning: SQLite's write lock. Any number will do that nobody else takes. */
const transactionLock = '8243110915';

const int8 = 20;

const parseInt8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Bug(`the state database holds the integer ${text}`);
  return value;
};

const ssl = ({ sslMode, sslRootCert: ca, host }: PostgresConnection) => {
  if (sslMode === 'disable') return false;
  const trust = ca === undefined ? {} : { ca };
  if (sslMode === 'require') return { ...trust, rejectUnauthorized: false };
  // Node compares the certificate with this name; without it, with 'localhost'.
  return sslMode === 'verify-ca' ? { ...trust, checkServerIdentity: () => undefined } : { ...trust, host };
};

/** pg keeps the socket to itself; its own pool reaches for it in the same way. */
const cut = (client: PoolClient): void =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();

/** pg's pool, with connections that have failed to answer in time taken out of it. */
const openPool = (connection: PostgresConnection, busyMs: number): PostgresPool => {
  const { host, port, database, user, password } = connection;
  const pool = new Pool({
    host,
    port,
    database,
    user,
    // A function keeps the secret out of what pg prints of itself, and pg from looking for one on its own.
    password: async () => password?.reveal() ?? '',
    ssl: ssl(connection),
    max: mostConnections,
    application_name: 'tearless',
    connectionTimeoutMillis: connectMs,
    lock_timeout: busyMs,
    query_timeout: busyMs + connectMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === int8 && format !== 'binary' ? parseInt8 : types.getTypeParser(oid, format as 'text'),
    },
  });
  const clients = new Set<PoolClient>();
  // A connection that ends while nobody asks it anything is replaced by the next who asks; who asks gets the error himself.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    clients.add(client);
    client.on('error', () => {});
  });
  pool.on('remove', (client) => clients.delete(client));
  return {
    options: pool.options,
    connect: async () => {
      const client = await pool.connect();
      let isSilent = false;
      return {
        query: (async (sql: string, parameters: readonly unknown[]) => {
          try {
            return await client.query(sql, [...parameters]);
          } catch (error) {
            isSilent ||= error instanceof Error && error.message === 'Query read timeout';
            throw error;
          }
        }) as never,
        release: () => client.release(isSilent),
      };
    },
    end: async () => {
      // An end that nobody answers is not waited for.
      const timer = setTimeout(() => [...clients].forEach(cut), closeMs);
      await pool.end();
      clearTimeout(timer);
    },
  };
};

class SerialPostgresDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
    try {
      await connection.executeQuery(CompiledQuery.raw(`select pg_advisory_xact_lock(${transactionLock})`));
    } catch (error) {
      // Kysely takes a transaction that could not begin for one that never was.
      await connection.executeQuery(CompiledQuery.raw('rollback')).catch(() => {}); // told by the first error
      throw error;
    }
  }
}

/** Text sorts by its bytes, whatever the language of the server. */
class ByteOrderCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    if (node.dataType === 'text') this.append(' collate "C"');
  }
}

class SerialPostgresDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new SerialPostgresDriver(this.#config);
  }

  override createQueryCompiler(): QueryCompiler {
    return new ByteOrderCompiler();
  }
}

/** @param busyMs how long a statement waits for another's lock before it fails */
export const openPostgresDialect = (connection: PostgresConnection, busyMs: number): PostgresDialect =>
  new SerialPostgresDialect({ pool: openPool(connection, busyMs) });
