// All migrations by name, in the order of their names. A room that needs tables adds one file and one line.
import type { Migration } from 'kysely/migration';
import { runsMigration } from './0001-runs.ts';
import { experimentsMigration } from './0002-experiments.ts';
import { balanceMigration } from './0003-balance.ts';
import { balanceDrainsMigration } from './0004-balance-drains.ts';
import { leasesMigration } from './0005-leases.ts';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001-runs': runsMigration,
  '0002-experiments': experimentsMigration,
  '0003-balance': balanceMigration,
  '0004-balance-drains': balanceDrainsMigration,
  '0005-leases': leasesMigration,
};
