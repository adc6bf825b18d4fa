// Tables of experiments: what was declared, the files and collections it was measured from, and the measurements in blocks.
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const experimentsMigration: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('experiments')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('created_ms', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('info', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('experiment_relays')
      .addColumn('experiment', 'text', (column) => column.notNull().references('experiments.id').onDelete('cascade'))
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('relay', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('experiment_relays_key', ['experiment', 'seq'])
      .execute();
    await db.schema
      .createTable('experiment_sources')
      .addColumn('source', 'text', (column) => column.primaryKey())
      .addColumn('experiment', 'text', (column) => column.notNull().references('experiments.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('reader', 'text', (column) => column.notNull())
      .addColumn('sha256', 'text', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addColumn('rows', 'bigint', (column) => column.notNull())
      .addColumn('document', 'text')
      .addColumn('problems', 'text', (column) => column.notNull())
      .addColumn('imported_ms', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('experiment_sources_name')
      .on('experiment_sources')
      .columns(['experiment', 'state', 'name'])
      .execute();
    await db.schema
      .createTable('measurement_blocks')
      .addColumn('source', 'text', (column) =>
        column.notNull().references('experiment_sources.source').onDelete('cascade'),
      )
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('from_ms', 'bigint', (column) => column.notNull())
      .addColumn('to_ms', 'bigint', (column) => column.notNull())
      .addColumn('rows', 'bigint', (column) => column.notNull())
      .addColumn('head', 'text', (column) => column.notNull())
      // PostgreSQL's name; SQLite keeps bytes as they are under any name.
      .addColumn('data', 'bytea', (column) => column.notNull())
      .addPrimaryKeyConstraint('measurement_blocks_key', ['source', 'seq'])
      .execute();
    await db.schema
      .createTable('experiment_notes')
      .addColumn('experiment', 'text', (column) => column.notNull().references('experiments.id').onDelete('cascade'))
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .addColumn('json', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('experiment_notes_key', ['experiment', 'seq'])
      .execute();
    await db.schema
      .createTable('experiment_gaps')
      .addColumn('experiment', 'text', (column) => column.notNull().references('experiments.id').onDelete('cascade'))
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('experiment_gaps_key', ['experiment', 'host', 'at_ms'])
      .execute();
  },
};
