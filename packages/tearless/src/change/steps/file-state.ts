// What stands at a path before a step: content, attributes, whose it is, and which directories above it are missing.
import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { sha256Hex } from '../../base/json.ts';
import type { FileEntry, Host } from '../../host/host.ts';
import { ChangeError } from '../change-error.ts';
import type { StepContext } from '../step.ts';
import { changeOwned, OwnedDirectory, OwnedFile, readOwned, writeOwned } from './ownership.ts';

/** Largest former content that a journal keeps. */
export const maxFormerBytes = 1024 * 1024;

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const FormerFile = z.object({
  contentBase64: z.base64(),
  sha256: Sha256,
  mode: z.number().int(),
  owner: z.string(),
  group: z.string(),
});
export type FormerFile = z.infer<typeof FormerFile>;

export const FileMemory = z.object({
  /** Null where nothing stood. */
  former: FormerFile.nullable(),
  /** The record of Tearless's own file there, if it was one. */
  owned: OwnedFile.nullable(),
  /** Directories above that did not exist, the outermost first. */
  missingDirectories: z.array(z.string()),
  /** Records of directories above that Tearless made earlier. */
  ownedDirectories: z.record(z.string(), OwnedDirectory),
});
export type FileMemory = z.infer<typeof FileMemory>;

export const fileError = (host: Host, path: string, code: string, what: string, hint: string): ChangeError =>
  new ChangeError({
    kind: 'refused',
    code,
    place: 'host',
    message: `${host.name}: ${path} ${what}`,
    hint,
    subject: `${host.name}:${path}`,
  });

export const driftError = (host: Host, path: string, isThere: boolean): ChangeError =>
  fileError(
    host,
    path,
    'change-file-drifted',
    isThere ? 'was changed by someone else' : 'is gone',
    'look at it, put it back or plan anew; Tearless does not overwrite what it has not seen',
  );

/**
 * Refuses where a file that shall go back holds what a newer run wrote there: that run is undone first. What anyone else
 * wrote is met when the step runs; the rest of the fleet goes back all the same.
 * @param known digests of what may stand there
 * @throws ChangeError `change-file-newer`
 */
export const refuseNewerRun = async (
  { host, run }: StepContext,
  path: string,
  known: readonly string[],
): Promise<void> => {
  const entry = await host.stat(path);
  if (entry?.type !== 'file' || known.includes(entry.sha256)) return;
  const owned = (await readOwned(host)).files[path];
  if (owned === undefined || owned.run === run || owned.sha256 !== entry.sha256) return;
  throw fileError(
    host,
    path,
    'change-file-newer',
    `was written again by the run ${owned.run}`,
    `first undo the run ${owned.run}: what it wrote stands on what this one left`,
  );
};

/** The plain file at the path, or undefined where nothing is. @throws ChangeError `change-file-not-plain` */
export const statPlainFile = async (
  host: Host,
  path: string,
): Promise<(FileEntry & { readonly type: 'file' }) | undefined> => {
  const entry = await host.stat(path);
  if (entry === undefined || entry.type === 'file') return entry;
  throw fileError(
    host,
    path,
    'change-file-not-plain',
    `is a ${entry.type}, not a plain file`,
    'Tearless changes plain files only; look at what stands there',
  );
};

/** Every directory above a path, the nearest first, without the root. */
export const directoriesAbove = (path: string): string[] => {
  const above: string[] = [];
  for (let at = dirname(path); at !== '/' && at !== '.'; at = dirname(at)) above.push(at);
  return above;
};

const findMissingDirectories = async (host: Host, path: string): Promise<string[]> => {
  const missing: string[] = [];
  for (const directory of directoriesAbove(path)) {
    if ((await host.stat(directory)) !== undefined) break;
    missing.unshift(directory);
  }
  return missing;
};

const readFormer = async (host: Host, path: string): Promise<FormerFile | null> => {
  const entry = await statPlainFile(host, path);
  if (entry === undefined) return null;
  if (entry.sizeBytes > maxFormerBytes) {
    throw fileError(
      host,
      path,
      'change-file-too-large',
      `holds ${entry.sizeBytes} bytes, more than the journal keeps (${maxFormerBytes})`,
      'change it by hand',
    );
  }
  const content = await host.read(path);
  const { mode, owner, group } = entry;
  return {
    contentBase64: Buffer.from(content).toString('base64'),
    sha256: sha256Hex(content),
    mode,
    owner,
    group,
  };
};

/** Reads what undoing a change of the file needs. */
export const rememberFile = async (host: Host, path: string): Promise<FileMemory> => {
  const former = await readFormer(host, path);
  const missingDirectories = former === null ? await findMissingDirectories(host, path) : [];
  const owned = await readOwned(host);
  const above = directoriesAbove(path).filter((directory) => owned.directories[directory] !== undefined);
  return {
    former,
    owned: owned.files[path] ?? null,
    missingDirectories,
    ownedDirectories: Object.fromEntries(
      above.map((directory) => [directory, owned.directories[directory] ?? { run: '' }]),
    ),
  };
};

export const isFormer = (entry: FileEntry | undefined, former: FormerFile): boolean =>
  entry?.type === 'file' &&
  entry.sha256 === former.sha256 &&
  entry.mode === former.mode &&
  entry.owner === former.owner &&
  entry.group === former.group;

export const writeFormer = (host: Host, path: string, former: FormerFile): Promise<void> =>
  host.write(path, Buffer.from(former.contentBase64, 'base64'), {
    mode: former.mode,
    owner: former.owner,
    group: former.group,
  });

/**
 * Removes the directories above that Tearless made, as far as they are empty, and takes them off the list together with
 * the file's own record, which becomes what it was.
 * @param made directories that this run made, besides those on the list
 */
export const releaseFile = async (
  host: Host,
  path: string,
  made: readonly string[],
  record: OwnedFile | null,
): Promise<void> => {
  const owned = await readOwned(host);
  const gone: Record<string, null> = {};
  for (const directory of directoriesAbove(path)) {
    if (owned.directories[directory] === undefined && !made.includes(directory)) break;
    if ((await host.stat(directory)) !== undefined) {
      if ((await host.list(directory)).length > 0) break;
      await host.removeEmptyDirectory(directory);
    }
    gone[directory] = null;
  }
  await writeOwned(host, owned, changeOwned(owned, { files: { [path]: record }, directories: gone }));
};
