// Both kinds of stores, for tests that state what every store does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { StorePlace } from '../place.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

export interface Backend {
  readonly name: string;
  /** A new, empty place. */
  make(): StorePlace;
}

/** To be called once in a test file, at its top: what it starts ends with the file's tests. */
export const useBackends = (): readonly Backend[] => {
  let folder = '';
  let postgres: TestPostgres | undefined;
  let files = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tearless-store-'));
    postgres = await startPostgres();
  });
  after(async () => {
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return [
    {
      name: 'SQLite',
      make: () => {
        files += 1;
        return { kind: 'sqlite', path: join(folder, String(files), 'state.db') };
      },
    },
    {
      name: 'PostgreSQL',
      make: () => {
        if (postgres === undefined) throw new Error('PostgreSQL has not started');
        return postgres.makeDatabase();
      },
    },
  ];
};
