// A lock on a file that ends with the process that holds it, however that ends. Node has no flock(2): flock(1) holds it
// for us for as long as our end of its standard input is open.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { LabError } from './lab-error.ts';

export type FileLock = { release: () => Promise<void>; [Symbol.asyncDispose]: () => Promise<void> };

/** @throws LabError `lab-state-unwritable` */
const readyFolder = (folder: string, what: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new LabError('lab-state-unwritable', `${what} cannot be kept in ${folder}`, {
      kind: 'failed',
      hint: 'let XDG_STATE_HOME name a folder that you may write; labs with hosts are root’s and lie in /run',
      cause: error,
    });
  }
};

/**
 * Takes the lock on `path`, waiting at most `timeoutMs`; makes the file and its folder when they are missing.
 * @throws LabError `lab-locked` when another process holds it all that time; `lab-state-unwritable`
 */
export const lockFile = async (path: string, timeoutMs: number, what: string): Promise<FileLock> => {
  readyFolder(dirname(path), what);
  const seconds = String(Math.max(0.001, timeoutMs / 1000));
  const holder = spawn('flock', ['--wait', seconds, '--no-fork', path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const exited = new Promise<void>((resolve, reject) => {
    holder.once('exit', () => resolve());
    holder.once('error', reject);
  });
  const locked = await Promise.race([once(holder.stdout, 'data').then(() => true), exited.then(() => false)]);
  if (!locked) {
    throw new LabError('lab-locked', `${what} is in use by another process (${path})`, {
      kind: 'conflict',
      hint: 'wait for it to end, or use a lab of another name',
    });
  }
  const release = async () => {
    holder.stdin.end();
    await exited;
  };
  return { release, [Symbol.asyncDispose]: release };
};
