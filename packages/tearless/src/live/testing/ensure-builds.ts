// For tests: tors made ready for updates, each from Debian's source package and edits of ours, as `live build` makes them. Kept in the
// cache by what they are made of, so that nothing is built twice; one tree is compiled whole, the others from a copy of that and its
// objects. Nothing depends on the cache: whatever is missing is made.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { lockFile } from '@tearless/lab/base/file-lock.ts';
import { run, tryRun } from '@tearless/lab/base/run.ts';
import { sha256Hex } from '../../base/json.ts';
import { buildScript, rebuildScript } from '../build/build-script.ts';
import { type BuildManifest, ledgerName, manifestName } from '../build/manifest.ts';
import type { Ledger } from '../reserve/ledger.ts';
import { reserveInHeader, usuallyExcluded } from '../reserve/reserve.ts';
import { allOf, type SourceEdit } from './edit-source.ts';
import { ensureTorSource } from './tor-source.ts';

export interface EnsureOptions {
  /** Longs of room in each struct; 0 for layouts as the release has them. */
  readonly reserveLongs?: number;
  /** More for configure, such as `--enable-seccomp`: the headers of that have to be there. */
  readonly configure?: readonly string[];
  readonly onProgress?: (doing: string) => void;
}

/** As small as a tor can be built: what is left out needs libraries that few machines have the headers of. */
const smallest = ['--disable-lzma', '--disable-zstd', '--disable-seccomp', '--disable-systemd'];
/** Whose structs get room but for those usually excluded; `live build` looks at debug information too, which takes one more compilation. */
const rooms = ['src/app', 'src/core', 'src/feature'];
const keptMs = 14 * 24 * 60 * 60_000;
const waitMs = 60 * 60_000;

const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tearless', 'live-builds');

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

/** A byte a character: whatever a file holds stays. */
const readText = (tree: string, path: string): string => readFileSync(join(tree, path), 'latin1');

const listHeaders = (tree: string): string[] =>
  rooms.flatMap((room) =>
    readdirSync(join(tree, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.h'))
      .map((name) => join(room, name)),
  );

interface Made {
  /** What differs from the release tree. */
  readonly texts: ReadonlyMap<string, string>;
  readonly ledger: Ledger;
}

const layEdit = (tree: string, edit: SourceEdit, longs: number, former: Ledger | undefined): Made => {
  const texts = new Map(edit({ read: (path) => readText(tree, path) }));
  const ledger: Record<string, Ledger[string]> = {};
  const options = { longs, excluded: usuallyExcluded, ...(former === undefined ? {} : { ledger: former }) };
  for (const path of longs === 0 ? [] : listHeaders(tree).sort()) {
    const text = texts.get(path) ?? readText(tree, path);
    const ready = reserveInHeader(path, text, options);
    Object.assign(ledger, ready.ledger);
    if (ready.text !== text) texts.set(path, ready.text);
  }
  return { texts, ledger };
};

/** Writes what differs, and only that: make goes by times. */
const writeTexts = (release: string, tree: string, texts: Made['texts'], touched: Set<string>): void => {
  for (const path of texts.keys()) touched.add(path);
  for (const path of touched) {
    const text = texts.get(path) ?? readText(release, path);
    if (readText(tree, path) !== text) writeFileSync(join(tree, path), text, 'latin1');
  }
};

const compile = async (
  script: string,
  out: string,
  configure: readonly string[],
): Promise<{ version: string; compiler: string }> => {
  const args = [out, `${availableParallelism()}`, ...configure];
  const { code, stdout } = await tryRun(['nice', '-n', '5', 'sh', '-c', script, 'build', ...args]);
  if (code !== 0) {
    const log = readFileSync(join(out, 'build.log'), 'utf8').trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`tor cannot be built; install what scripts/packages/live.txt names\n${log}`);
  }
  const word = (name: string): string =>
    stdout
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? '';
  return { version: word('version'), compiler: word('compiler') };
};

const copyTree = (from: string, to: string): Promise<string> => run(['cp', '--archive', '--reflink=auto', from, to]);

/**
 * @param edits the first build is the release as it is; each edit makes one more, on top of those before it and with their layouts
 * @returns their directories
 */
export const ensureBuilds = async (edits: readonly SourceEdit[], options: EnsureOptions = {}): Promise<string[]> => {
  const { reserveLongs = 8, onProgress = () => {} } = options;
  const configure = [...smallest, ...(options.configure ?? [])];
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  await using _lock = await lockFile(join(cache, 'lock'), waitMs, 'the cache of builds');
  const source = await ensureTorSource(join(cache, 'source'));
  const compiler = (await run(['cc', '--version'])).split('\n')[0] ?? '';
  const recipe = sha256(source.digest, buildScript, compiler, ...configure, `${reserveLongs}`);
  const steps: (Made & { readonly directory: string })[] = [];
  // Headers of the first are written as those after it are: what has not changed is not compiled again.
  const { ledger } = layEdit(source.tree, allOf(), reserveLongs, undefined);
  for (const index of Array.from({ length: edits.length + 1 }).keys()) {
    const made = layEdit(source.tree, allOf(...edits.slice(0, index)), reserveLongs, steps.at(-1)?.ledger ?? ledger);
    const key = sha256(recipe, JSON.stringify([...made.texts].sort()));
    steps.push({ ...made, directory: join(cache, key.slice(0, 24)) });
  }
  prune(cache, new Set(steps.map(({ directory }) => directory)));
  const isThere = ({ directory }: { readonly directory: string }) => existsSync(join(directory, manifestName));
  if (steps.every(isThere)) return steps.map(({ directory }) => directory);
  const [first] = steps;
  if (first === undefined) return [];
  // Compilers write the way to the tree into the program's debug information: every build is made in the same place.
  const [work, base] = [join(cache, 'work'), `${first.directory}.tree`];
  const touched = new Set<string>();
  let hasWork = false;
  try {
    for (const [index, step] of steps.entries()) {
      if (isThere(step)) continue;
      onProgress(
        `building tor ${source.version} (${index === 0 ? 'as it is' : `version ${index} of ${edits.length}`})`,
      );
      rmSync(step.directory, { recursive: true, force: true });
      if (!existsSync(base)) {
        rmSync(work, { recursive: true, force: true });
        mkdirSync(work, { recursive: true });
        await copyTree(source.tree, join(work, 'source'));
        writeTexts(source.tree, join(work, 'source'), first.texts, touched);
        await compile(buildScript, work, configure);
        await copyTree(work, `${base}.new`);
        renameSync(`${base}.new`, base);
      } else if (!hasWork) {
        rmSync(work, { recursive: true, force: true });
        await copyTree(base, work);
        for (const path of first.texts.keys()) touched.add(path);
      }
      writeTexts(source.tree, join(work, 'source'), step.texts, touched);
      const made = await compile(rebuildScript, work, configure);
      save(work, step.directory, step.ledger, { ...made, reserveLongs, configure });
      hasWork = true;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return steps.map(({ directory }) => directory);
};

/** What was not asked for in weeks goes, and of what is asked for that is noted. */
const prune = (cache: string, wanted: ReadonlySet<string>): void => {
  const now = new Date();
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (!/^[0-9a-f]{24}(?:\.tree)?$/.test(name)) continue;
    if (wanted.has(path.replace(/\.tree$/, ''))) utimesSync(path, now, now);
    else if (now.getTime() - statSync(path).mtimeMs > keptMs) rmSync(path, { recursive: true });
  }
};

const save = (
  work: string,
  directory: string,
  ledger: Ledger,
  made: Pick<BuildManifest, 'version' | 'compiler' | 'reserveLongs' | 'configure'>,
): void => {
  mkdirSync(directory, { recursive: true });
  for (const name of ['tor', 'tor.o', 'build.log']) renameSync(join(work, name), join(directory, name));
  const [tor, object] = ['tor', 'tor.o'].map((name) => readFileSync(join(directory, name)));
  if (tor === undefined || object === undefined) throw new TypeError('two files, or an error above');
  const manifest: BuildManifest = {
    schema: 'tearless.live-build/v1',
    ...made,
    buildId: findBuildId(tor) ?? '',
    sha256: { tor: sha256Hex(tor), object: sha256Hex(object) },
    builtAt: new Date().toISOString(),
  };
  writeFileSync(join(directory, ledgerName), `${JSON.stringify(ledger)}\n`);
  // Last: a directory without it is no build.
  writeFileSync(join(directory, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
};
