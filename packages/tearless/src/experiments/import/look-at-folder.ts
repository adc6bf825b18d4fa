// What lies in a folder, before it is read: which file is of which kind, and what the experiment calls itself.
import { ExperimentError } from '../model/experiment-error.ts';
import type { FolderFile, ImportFolder } from './folder.ts';
import { isManifest, parseJsonFile, parseManifest } from './read-manifest.ts';
import { type FileKind, isMainFile, recogniseFile, refuseUnusable } from './recognise.ts';
import { LineSplitter } from './text-lines.ts';

/** Of a file, to see what it is. */
const peekBytes = 65_536;

export interface Peeked {
  readonly file: FolderFile;
  readonly kind: FileKind;
}

/** The first lines, whole; `isText` is false where there are bytes that no text has. */
const peek = async (folder: ImportFolder, file: FolderFile): Promise<{ lines: string[]; isText: boolean }> => {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  let read = 0;
  for await (const chunk of folder.open(file.name)) {
    const part = chunk.subarray(0, peekBytes - read);
    for (const line of splitter.push(part)) lines.push(line);
    read += part.length;
    if (read >= peekBytes) break;
  }
  if (read < peekBytes) lines.push(...splitter.end());
  // A crash leaves runs of zero bytes inside of tables: those are broken rows. A first line with one is no text.
  return { lines, isText: lines.find((line) => line !== '')?.includes('\0') !== true };
};

export const readManifestId = async (
  folder: ImportFolder,
  files: readonly FolderFile[],
): Promise<string | undefined> => {
  const manifest = files.find(({ name }) => /^experiment\.json$/i.test(name));
  if (manifest === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of folder.open(manifest.name)) chunks.push(chunk);
  const value = parseJsonFile(Buffer.concat(chunks).toString('utf8'), manifest.name);
  return isManifest(value) ? parseManifest(value, manifest.name, undefined).id : undefined;
};

export const recogniseAll = async (folder: ImportFolder, files: readonly FolderFile[]): Promise<Peeked[]> => {
  const peeked: Peeked[] = [];
  for (const file of files) {
    const { lines, isText } = await peek(folder, file);
    const kind = recogniseFile(file.name, lines, isText);
    if (kind.kind === 'unusable' && (isMainFile(file.name) || files.length === 1))
      throw refuseUnusable(file.name, kind);
    peeked.push({ file, kind });
  }
  return peeked;
};

export const nothingFound = (folder: ImportFolder, files: readonly FolderFile[]): ExperimentError =>
  new ExperimentError({
    kind: 'not-found',
    code: 'import-nothing',
    message: `${folder.path} holds no measurements: ${
      files.length === 0
        ? 'it is empty'
        : files
            .slice(0, 10)
            .map(({ name }) => name)
            .join(', ')
    }`,
    hint: 'name a folder with memory_measurements.csv, or one table with timestamp, nickname and rss_kb in its first line',
    subject: folder.path,
  });

export const kindName = (kind: FileKind): string => (kind.kind === 'table' ? kind.of : kind.kind);
