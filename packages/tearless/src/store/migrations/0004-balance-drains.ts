// Workers that a person wants drained. Not tied to a frontend's row: one that has not run yet can be drained too.
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const balanceDrainsMigration: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('balance_drains')
      .addColumn('frontend', 'text', (column) => column.notNull())
      .addColumn('worker', 'text', (column) => column.notNull())
      .addColumn('since_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('balance_drains_key', ['frontend', 'worker'])
      .execute();
  },
};
