// For tests: the source package of tor that Debian's archive has now, unpacked into a cache as `live build --debian` unpacks it.
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { tryRun } from '@tearless/lab/base/run.ts';
import { sha256Hex } from '../../base/json.ts';
import { fetchScript } from '../build/debian-source.ts';
import { deriveSourceLists } from '../build/source-lists.ts';

export interface TorSource {
  /** A release tree. */
  readonly tree: string;
  /** Of the package, such as `0.4.9.11-0+deb12u1`. */
  readonly version: string;
  /** SHA-256 of the package's own list of its files and their hashes. */
  readonly digest: string;
}

const dayMs = 24 * 60 * 60_000;
const timeoutMs = 15 * 60_000;

const findPackage = (folder: string): string | undefined =>
  existsSync(folder) ? readdirSync(folder).find((name) => /^tor_.*\.dsc$/.test(name)) : undefined;

const fetch = async (folder: string): Promise<void> => {
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, 'sources'), { recursive: true });
  const lists = globSync(['/etc/apt/sources.list', '/etc/apt/sources.list.d/*.{list,sources}']).map((path) => ({
    name: basename(path),
    text: readFileSync(path, 'utf8'),
  }));
  for (const { name, text } of deriveSourceLists(lists)) writeFileSync(join(fresh, 'sources', name), text);
  const { code, stdout, stderr } = await tryRun(['sh', '-c', fetchScript, 'fetch', fresh], { timeoutMs });
  if (code !== 0) throw new Error(`no source package of tor (its log is ${join(fresh, 'log')}):\n${stdout}${stderr}`);
  for (const name of ['lists', 'cache', 'sources']) rmSync(join(fresh, name), { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
};

/** @param folder for it alone, in a cache; asked anew once a day. One process at a time. */
export const ensureTorSource = async (folder: string): Promise<TorSource> => {
  if (findPackage(folder) === undefined) await fetch(folder);
  // Without the archive the package of yesterday serves as well.
  else if (Date.now() - statSync(folder).mtimeMs > dayMs) await fetch(folder).catch(() => {});
  const description = findPackage(folder);
  if (description === undefined) throw new Error(`${folder} has no source package of tor`);
  return {
    tree: join(folder, 'tree'),
    version: /^tor_(.*)\.dsc$/.exec(description)?.[1] ?? '',
    digest: sha256Hex(readFileSync(join(folder, description))),
  };
};
