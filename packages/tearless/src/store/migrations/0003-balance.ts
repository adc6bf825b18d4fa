// Tables of the balancer: what was published where, counters that must never go back, and what is known of workers.
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const balanceMigration: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('balance_frontends')
      .addColumn('address', 'text', (column) => column.primaryKey())
      .addColumn('updated_ms', 'bigint', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('balance_workers')
      .addColumn('frontend', 'text', (column) =>
        column.notNull().references('balance_frontends.address').onDelete('cascade'),
      )
      .addColumn('worker', 'text', (column) => column.notNull())
      .addColumn('updated_ms', 'bigint', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('balance_workers_key', ['frontend', 'worker'])
      .execute();
    await db.schema
      .createTable('balance_rounds')
      .addColumn('frontend', 'text', (column) =>
        column.notNull().references('balance_frontends.address').onDelete('cascade'),
      )
      .addColumn('period', 'bigint', (column) => column.notNull())
      .addColumn('published_ms', 'bigint', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('balance_rounds_key', ['frontend', 'period'])
      .execute();
    // Not tied to a frontend: a counter outlives what is known of a frontend.
    await db.schema
      .createTable('balance_counters')
      .addColumn('descriptor', 'text', (column) => column.primaryKey())
      .addColumn('counter', 'text', (column) => column.notNull())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .execute();
  },
};
