// Release trees as they appear in a folder, each once, when it is whole: events of the file system say that something came, looks
// at it say when that is all.
import { existsSync, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { manifestName } from '../../../live/build/manifest.ts';
import { judgeLook, type TreeLook } from '../../../live/watch/tree-state.ts';

export interface WatchTrees {
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Time between two looks at a tree that is not whole. */
  readonly quietMs: number;
  readonly onWaiting?: (name: string) => void;
}

/** The last that a copy brings may be any of these. */
const needed = ['configure', 'src/core/mainloop/mainloop.c', 'src/app/main/tor_main.c', 'Makefile.in'];

export const lookAtTree = (directory: string): TreeLook => {
  let [files, bytes, newestMs] = [0, 0, 0];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    // Between listing and looking it may be renamed.
    const stat = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    if (stat === undefined) continue;
    files += 1;
    newestMs = Math.max(newestMs, stat.mtimeMs, stat.ctimeMs);
    if (stat.isFile()) bytes += stat.size;
  }
  const isComplete =
    existsSync(join(directory, manifestName)) || needed.every((name) => existsSync(join(directory, name)));
  return { files, bytes, newestMs, isComplete };
};

const listDirectories = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();

/** Ends with the signal. @throws system errors of the folder itself */
export async function* watchTrees({ folder, clock, signal, quietMs, onWaiting }: WatchTrees): AsyncGenerator<string> {
  const told = new Set<string>();
  const looks = new Map<string, TreeLook>();
  const waiting = new Set<string>();
  let wake = (): void => {};
  let hasChanged = false;
  const watcher = watch(folder, () => {
    hasChanged = true;
    wake();
  });
  const stop = (): void => wake();
  signal.addEventListener('abort', stop);
  try {
    while (!signal.aborted) {
      hasChanged = false;
      const here = listDirectories(folder);
      for (const name of told) if (!here.includes(name)) told.delete(name);
      for (const name of here.filter((one) => !told.has(one))) {
        const look = lookAtTree(join(folder, name));
        const state = judgeLook(looks.get(name), look);
        looks.set(name, look);
        if (state === 'waiting' && !waiting.has(name)) {
          waiting.add(name);
          onWaiting?.(name);
        }
        if (state !== 'settled') continue;
        told.add(name);
        looks.delete(name);
        yield name;
        if (signal.aborted) return;
      }
      const isPending = here.some((name) => !told.has(name));
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (signal.aborted || hasChanged) continue;
      // What is under way is looked at again; else only an event makes for another look.
      await (isPending ? clock.sleep(quietMs, signal).catch(() => undefined) : changed);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    watcher.close();
  }
}
