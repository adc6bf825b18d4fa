// Tables of leases: who does what only one may do, and a pulse by which the others see that it still lives.
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const leasesMigration: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('lease_holders')
      .addColumn('holder', 'text', (column) => column.primaryKey())
      .addColumn('process', 'text', (column) => column.notNull())
      .addColumn('beat', 'bigint', (column) => column.notNull())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('leases')
      .addColumn('name', 'text', (column) => column.primaryKey())
      // Stays when a holder goes: a term is never given twice.
      .addColumn('term', 'bigint', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.references('lease_holders.holder').onDelete('set null'))
      .execute();
    await db.schema.createIndex('leases_holder').on('leases').column('holder').execute();
  },
};
