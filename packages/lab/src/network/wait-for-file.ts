// Waits for a file to be there, told by the kernel instead of asking again and again.
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isSystemError, LabError } from '../base/lab-error.ts';

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return -1;
    throw error;
  }
};

/** What a folder that cannot be watched means to a person: each user may watch so many, and systemd on every host watches some. */
export const explainWatchError = (error: unknown): unknown =>
  isSystemError(error, 'EMFILE', 'ENOSPC')
    ? new LabError('lab-too-many-watches', `no further folder can be watched on this machine (${error.code})`, {
        kind: 'unavailable',
        hint: 'take labs down that are not needed (`tearless lab down NAME`), or raise fs.inotify.max_user_instances',
        cause: error,
      })
    : error;

const openWatch = (folder: string): FSWatcher => {
  try {
    return watch(folder);
  } catch (error) {
    throw explainWatchError(error);
  }
};

/**
 * Resolves when `path` is there with at least `atLeastBytes`. Its folder must exist.
 * @throws LabError `lab-too-many-watches`; the signal's reason when aborted
 */
export const waitForFile = (path: string, atLeastBytes: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const name = basename(path);
    const watcher = openWatch(dirname(path));
    const settle = (end: () => void) => {
      signal.removeEventListener('abort', abort);
      watcher.close();
      end();
    };
    const abort = () => settle(() => reject(signal.reason));
    const look = () => {
      if (sizeOf(path) >= atLeastBytes) settle(resolve);
    };
    signal.addEventListener('abort', abort, { once: true });
    watcher.on('error', (error) => settle(() => reject(explainWatchError(error))));
    watcher.on('change', (_type, file) => {
      if (file === null || file === name) look();
    });
    look();
  });
