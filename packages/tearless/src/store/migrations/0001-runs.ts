// Tables of the change engine: runs, their journals, and the fleet locks.
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const runsMigration: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('runs')
      .addColumn('run', 'text', (column) => column.primaryKey())
      .addColumn('fleet', 'text', (column) => column.notNull())
      .addColumn('created_ms', 'bigint', (column) => column.notNull())
      .addColumn('plan', 'text', (column) => column.notNull())
      .addColumn('outcome', 'text')
      .execute();
    await db.schema.createIndex('runs_fleet').on('runs').columns(['fleet', 'created_ms']).execute();
    await db.schema
      .createTable('entries')
      .addColumn('run', 'text', (column) => column.notNull().references('runs.run'))
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .addColumn('event', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('entries_key', ['run', 'seq'])
      .addUniqueConstraint('entries_id', ['run', 'id'])
      .execute();
    await db.schema
      .createTable('locks')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('run', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('since_ms', 'bigint', (column) => column.notNull())
      .execute();
  },
};
