// A file by its hash, and what is recorded of one that cannot be used.
import { createHash } from 'node:crypto';
import type { FolderFile, ImportFolder } from './folder.ts';
import { ProblemLog } from './problem-log.ts';
import type { FileOutcome } from './read-file.ts';

export const hashFile = async (
  folder: ImportFolder,
  name: string,
  signal: AbortSignal | undefined,
): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of folder.open(name)) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
};

/** A file that cannot be read as anything, with the reason as its only problem. */
export const describeUnusable = async (
  folder: ImportFolder,
  file: FolderFile,
  why: string,
  signal: AbortSignal | undefined,
): Promise<FileOutcome> => {
  const log = new ProblemLog(file.name);
  log.add({ code: 'unreadable-file', message: `not read: ${why}` });
  return {
    document: undefined,
    rows: 0,
    sha256: await hashFile(folder, file.name, signal),
    bytes: file.bytes,
    log,
  };
};
