// Files of a pretended machine, kept in a directory: owner and mode stand in each file's first line, so that a rename changes both at once.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../base/json.ts';
import type { FileAttributes, FileEntry } from '../../host/host.ts';
import { HostError } from '../../host/host-error.ts';

const directoryAttributes: FileAttributes = { mode: 0o755, owner: 'root', group: 'root' };

const encodeFile = (content: Uint8Array, { mode, owner, group }: FileAttributes): Uint8Array =>
  Buffer.concat([Buffer.from(`${JSON.stringify({ mode, owner, group })}\n`), content]);

const decodeFile = (bytes: Buffer): { readonly content: Uint8Array; readonly attributes: FileAttributes } => {
  const end = bytes.indexOf('\n');
  return {
    attributes: JSON.parse(bytes.subarray(0, end).toString()) as FileAttributes,
    content: bytes.subarray(end + 1),
  };
};

const sizeOfTree = (directory: string): number =>
  readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

export interface DirectoryFiles {
  stat(path: string): FileEntry | undefined;
  read(path: string): Uint8Array;
  write(path: string, content: Uint8Array, attributes: FileAttributes): void;
  append(path: string, content: Uint8Array): void;
  remove(path: string): void;
  removeEmptyDirectory(path: string): void;
  list(directory: string): FileEntry[];
}

const missing = (host: string, path: string): HostError =>
  new HostError({
    kind: 'not-found',
    code: 'host-file-missing',
    message: `${host}: there is no ${path}`,
    subject: host,
  });

/**
 * @param root the directory that stands for the machine's `/`
 * @param capacityBytes how much fits into it, file headers included
 */
export const createDirectoryFiles = (host: string, root: string, capacityBytes: () => number): DirectoryFiles => {
  const real = (path: string): string => join(root, path);
  mkdirSync(root, { recursive: true });

  const reserve = (bytes: number): void => {
    if (sizeOfTree(root) + bytes <= capacityBytes()) return;
    throw new HostError({
      kind: 'failed',
      code: 'host-disk-full',
      message: `${host}: no space left on device`,
      hint: 'make room on the host',
      subject: host,
    });
  };

  const stat = (path: string): FileEntry | undefined => {
    const found = statSync(real(path), { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (found.isDirectory()) return { path, type: 'directory', ...directoryAttributes };
    const { content, attributes } = decodeFile(readFileSync(real(path)));
    return { path, type: 'file', sizeBytes: content.length, sha256: sha256Hex(content), ...attributes };
  };

  return {
    stat,
    read: (path) => {
      if (!existsSync(real(path))) throw missing(host, path);
      return decodeFile(readFileSync(real(path))).content;
    },
    write: (path, content, attributes) => {
      const bytes = encodeFile(content, attributes);
      reserve(bytes.length);
      mkdirSync(dirname(real(path)), { recursive: true });
      const beside = join(root, '..', `writing-${process.pid}-${sha256Hex(path).slice(0, 12)}`);
      const file = openSync(beside, 'w');
      writeSync(file, bytes);
      fsyncSync(file);
      closeSync(file);
      renameSync(beside, real(path));
    },
    append: (path, content) => {
      reserve(content.length);
      mkdirSync(dirname(real(path)), { recursive: true });
      if (!existsSync(real(path))) {
        const header = encodeFile(new Uint8Array(), { mode: 0o600, owner: 'root', group: 'root' });
        const made = openSync(real(path), 'wx');
        writeSync(made, header);
        closeSync(made);
      }
      const file = openSync(real(path), 'a');
      writeSync(file, content);
      fsyncSync(file);
      closeSync(file);
    },
    remove: (path) => rmSync(real(path), { force: true }),
    removeEmptyDirectory: (path) => {
      if (existsSync(real(path))) rmdirSync(real(path));
    },
    list: (directory) => {
      if (!existsSync(real(directory))) throw missing(host, directory);
      return readdirSync(real(directory))
        .sort()
        .flatMap((name) => stat(join(directory, name)) ?? []);
    },
  };
};
