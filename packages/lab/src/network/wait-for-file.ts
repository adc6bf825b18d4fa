// Waits for a file to be there, told by the kernel instead of asking again and again.
import { statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isSystemError } from '../base/lab-error.ts';

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return -1;
    throw error;
  }
};

/**
 * Resolves when `path` is there with at least `atLeastBytes`. Its folder must exist.
 * @throws the signal's reason when aborted
 */
export const waitForFile = (path: string, atLeastBytes: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const name = basename(path);
    const watcher = watch(dirname(path));
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
    watcher.on('error', (error) => settle(() => reject(error)));
    watcher.on('change', (_type, file) => {
      if (file === null || file === name) look();
    });
    look();
  });
