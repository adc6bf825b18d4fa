// A folder, or a single file, of this machine as an import reads it.
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FolderFile, ImportFolder } from '../../experiments/import/folder.ts';
import { CliError } from './cli-error.ts';

const deepest = 3;
const mostFiles = 10_000;
const chunkBytes = 1024 * 1024;

const notReadable = (path: string, cause: unknown): CliError =>
  new CliError({
    kind: 'not-found',
    code: 'cli-path',
    message: `${path} cannot be read`,
    hint: 'name a folder of measurements, or one file of them',
    subject: path,
    cause,
  });

const listBelow = async (root: string, below: string, depth: number): Promise<FolderFile[]> => {
  const files: FolderFile[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith('.')) continue;
    const status = await stat(join(root, name)).catch(() => undefined); // a link that leads nowhere is no file
    if (status?.isFile() === true) files.push({ name, bytes: status.size });
    else if (entry.isDirectory() && depth < deepest) files.push(...(await listBelow(root, name, depth + 1)));
  }
  return files;
};

/**
 * @param path relative to `cwd`; hidden files and what lies deeper than three folders is left out
 * @throws CliError `cli-path`
 */
export const openFolder = async (cwd: string, path: string): Promise<ImportFolder> => {
  const full = resolve(cwd, path);
  const status = await stat(full).catch((error: unknown) => {
    throw notReadable(path, error);
  });
  const root = status.isDirectory() ? full : dirname(full);
  const list = async (): Promise<readonly FolderFile[]> => {
    if (!status.isDirectory()) return [{ name: basename(full), bytes: status.size }];
    const files = await listBelow(root, '', 0).catch((error: unknown) => {
      throw notReadable(path, error);
    });
    if (files.length <= mostFiles) return files;
    throw new CliError({
      kind: 'usage',
      code: 'cli-path',
      message: `${path} holds ${files.length} files`,
      hint: 'name the folder of one experiment',
      subject: path,
    });
  };
  return {
    path: full,
    list,
    open: (name) => createReadStream(join(root, name), { highWaterMark: chunkBytes }),
  };
};
