// Folders for tests: made of texts, and the published experiment that lies in testdata.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Clock } from '../../base/clock.ts';
import { openStore } from '../../store/store.ts';
import type { ImportFolder } from '../import/folder.ts';
import { importFolder } from '../import/import-folder.ts';
import { loadMeasurements } from '../load/load-measurements.ts';
import type { Measurements } from '../model/measurements.ts';

const published = join(import.meta.dirname, '..', 'import', 'testdata', 'published');

/** A clock that stands. */
export const standingClock: Clock = { now: () => Date.UTC(2026, 5, 1), sleep: async () => {} };

/** @param chunkBytes how many bytes come at once */
export const memoryFolder = (
  files: Readonly<Record<string, string | Uint8Array>>,
  { path = '/data/folder', chunkBytes = 65_536 }: { readonly path?: string; readonly chunkBytes?: number } = {},
): ImportFolder => {
  const contents = new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]));
  return {
    path,
    list: async () => [...contents].map(([name, { length }]) => ({ name, bytes: length })),
    open: async function* (name) {
      const content = contents.get(name) ?? Buffer.alloc(0);
      for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
    },
  };
};

/** The published experiment on 142 relays, as it was published. */
export const publishedFolder = (): ImportFolder =>
  memoryFolder(
    Object.fromEntries(
      readdirSync(published).map((name) => {
        const content = readFileSync(join(published, name));
        return name.endsWith('.gz') ? [name.slice(0, -3), gunzipSync(content)] : [name, content];
      }),
    ),
    { path: '/data/published' },
  );

/** What an import of a folder into an empty store gives. */
export const importAndLoad = async (
  folder: ImportFolder,
  options: { readonly timeZone?: string; readonly control?: string } = {},
): Promise<Measurements> => {
  await using store = await openStore(':memory:');
  const { id } = await importFolder(folder, store, { clock: standingClock, ...options });
  return await loadMeasurements(store, id);
};

export const loadPublished = (): Promise<Measurements> => importAndLoad(publishedFolder());
