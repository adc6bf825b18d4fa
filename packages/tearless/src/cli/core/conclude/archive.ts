// Files that stay: written privately, synced, and read back with the hash that they were written with.
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ManifestEntry } from '../../../experiments/conclude/archive-files.ts';
import { CliError } from '../cli-error.ts';

/** Lines are written as they come: a long series need not fit into memory. */
export type Content = string | Uint8Array | { readonly lines: Iterable<string> };

const chunkBytes = 1 << 20;

function* toChunks(content: Content): Generator<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield content;
  else {
    let pending = '';
    for (const line of content.lines) {
      pending += `${line}\n`;
      if (pending.length < chunkBytes) continue;
      yield Buffer.from(pending);
      pending = '';
    }
    if (pending !== '') yield Buffer.from(pending);
  }
}

const failed = (path: string, what: string, cause?: unknown): CliError =>
  new CliError({
    kind: 'failed',
    code: 'conclude-archive-failed',
    message: `${path} ${what}`,
    subject: path,
    hint: 'nothing was changed on the hosts: mend the place, or name another with --archive',
    ...(cause === undefined ? {} : { cause }),
  });

export const hashFile = (path: string): { readonly bytes: number; readonly sha256: string } => {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(chunkBytes);
    let bytes = 0;
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read));
      bytes += read;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    closeSync(file);
  }
};

const writeAll = (path: string, content: Content, flag: 'wx' | 'w'): { bytes: number; sha256: string } => {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = openSync(path, flag, 0o600);
  try {
    for (const chunk of toChunks(content)) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      for (let at = 0; at < chunk.byteLength; ) at += writeSync(file, chunk, at);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return { bytes, sha256: hash.digest('hex') };
};

/**
 * Writes a file below the archive and reads it back.
 * @param options.replace also over one that is there
 * @throws CliError `conclude-archive-failed`
 */
export const keepFile = (
  directory: string,
  path: string,
  content: Content,
  options: { readonly replace?: boolean; readonly sha256?: string } = {},
): ManifestEntry => {
  const target = join(directory, path);
  let written: { bytes: number; sha256: string };
  let found: { bytes: number; sha256: string };
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    written = writeAll(target, content, options.replace === true ? 'w' : 'wx');
    found = hashFile(target);
  } catch (error) {
    throw failed(target, 'cannot be written', error);
  }
  if (found.sha256 !== written.sha256 || (options.sha256 !== undefined && found.sha256 !== options.sha256))
    throw failed(target, 'does not read back as it was written');
  return { path, ...found };
};

/** Reads every file of a manifest once more. @throws CliError `conclude-archive-failed` naming the first that differs */
export const verifyArchive = (directory: string, files: readonly ManifestEntry[]): void => {
  for (const { path, sha256, bytes } of files) {
    const target = join(directory, path);
    let found: { bytes: number; sha256: string };
    try {
      found = hashFile(target);
    } catch (error) {
      throw failed(target, 'is not there any more', error);
    }
    if (found.sha256 !== sha256 || found.bytes !== bytes) throw failed(target, 'has changed since it was written');
  }
};

/** `DIR`, or `DIR-2`, `DIR-3`, … where something is there: an archive never goes over another. */
export const freeDirectory = (wanted: string): string => {
  let directory = wanted;
  for (let number = 2; existsSync(directory); number += 1) directory = `${wanted}-${number}`;
  return directory;
};
