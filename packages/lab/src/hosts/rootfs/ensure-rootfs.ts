// The cached root file systems of hosts: made when first asked for, whole or not at all, once for all that ask.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { lockFile } from '../../base/file-lock.ts';
import { LabError } from '../../base/lab-error.ts';
import { run, tryRun } from '../../base/run.ts';
import {
  type AptSource,
  indexTargetsFormat,
  parseIndexTargets,
  parseTrust,
  planSources,
  renderSourcesList,
} from './apt-sources.ts';
import { cacheName, packagesOf, type RootfsRecipe, type Suite } from './recipe.ts';

export type RootfsOptions = {
  suite: Suite;
  /** Debian packages beside those every host has. */
  extraPackages?: readonly string[];
  /** Told what is being done, when it must be made first (half a minute). */
  onProgress?: (doing: string) => void;
  signal?: AbortSignal | undefined;
};

const scriptPath = (name: string): string => new URL(name, import.meta.url).pathname;

export const cacheRoot = (env: NodeJS.ProcessEnv = process.env): string => {
  const base = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(base, 'tearless');
};

/** Parses VERSION_CODENAME of /etc/os-release. */
export const parseCodename = (osRelease: string): string | undefined =>
  /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(osRelease)?.[1];

const machineCodename = (): string | undefined => parseCodename(readFileSync('/etc/os-release', 'utf8'));

const readRecipe = async ({ suite, extraPackages }: RootfsOptions): Promise<RootfsRecipe> => {
  const sameSuite = machineCodename() === suite;
  const tor = sameSuite ? await tryRun(['dpkg-query', '--show', 'tor']) : undefined;
  return {
    suite,
    packages: packagesOf(suite, extraPackages),
    torVersion: tor?.code === 0 ? tor.stdout.trim().split('\t')[1] : undefined,
    scripts: ['bootstrap.sh', 'furnish.sh'].map((name) => readFileSync(scriptPath(name), 'utf8')),
  };
};

const readSources = async (suite: Suite): Promise<AptSource[]> => {
  const listed = await run(['apt-get', 'indextargets', '--format', indexTargetsFormat, 'Created-By: Packages']);
  const codename = machineCodename();
  const sources = codename === undefined ? [] : planSources(parseIndexTargets(listed), codename, suite);
  if (sources.length > 0) return sources;
  throw new LabError('lab-no-mirror', `this machine's apt has no archive of Debian to make hosts of ${suite} from`, {
    kind: 'unavailable',
    hint: 'run the lab on Debian 12 or 13 with its usual apt sources',
  });
};

/** Writes the configuration for an apt that works on another root, with the machine's mirrors, keys and proxies. */
const writeAptConfiguration = async (work: string, suite: Suite): Promise<void> => {
  const sources = await readSources(suite);
  const trust = [...new Set(sources.map((source) => source.file))].map((file) =>
    parseTrust(readFileSync(file, 'utf8')),
  );
  const trustedFolder = '/etc/apt/trusted.gpg.d';
  const keyrings = [
    '/usr/share/keyrings/debian-archive-keyring.gpg',
    ...trust.flatMap((each) => each.keyrings),
    ...(existsSync(trustedFolder) ? readdirSync(trustedFolder).map((name) => join(trustedFolder, name)) : []),
  ];
  mkdirSync(join(work, 'trusted'));
  for (const [index, keyring] of [...new Set(keyrings)].entries()) {
    if (existsSync(keyring)) symlinkSync(keyring, join(work, 'trusted', `${index}${extname(keyring)}`));
  }
  const isTrusted = trust.some((each) => each.trusted);
  writeFileSync(join(work, 'sources.list'), renderSourcesList(sources, isTrusted));
  const settings: Record<string, string> = {
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::sourcelist': join(work, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': join(work, 'preferences'),
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::Etc::trustedparts': join(work, 'trusted'),
    'Dir::State::lists': join(work, 'lists'),
    'Dir::State::status': join(work, 'root/var/lib/dpkg/status'),
    'Dir::State::extended_states': join(work, 'extended_states'),
    'Dir::Cache::archives': join(work, 'archives'),
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'Dir::Log': work,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
  };
  const own = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  const acquire = (await run(['apt-config', 'dump', '--no-empty', 'Acquire']))
    .split('\n')
    .filter((line) => line.startsWith('Acquire::') && !line.startsWith('Acquire::IndexTargets'));
  // Proxies may carry a password: readable for root only.
  const text = `${own.join('')}${acquire.join('\n')}\nAcquire::Languages "none";\n`;
  writeFileSync(join(work, 'apt.conf'), text, { mode: 0o600 });
};

const build = async (recipe: RootfsRecipe, work: string, options: RootfsOptions): Promise<void> => {
  mkdirSync(work, { recursive: true, mode: 0o700 });
  await writeAptConfiguration(work, recipe.suite);
  // Its own pid namespace, and SIGKILL when this process dies: half a build never goes on alone.
  const alone = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--'];
  const { signal, onProgress } = options;
  await run([...alone, 'sh', scriptPath('bootstrap.sh'), work, ...recipe.packages], {
    env: { ...process.env, TOR_VERSION: recipe.torVersion ?? '' },
    onLine: (line) => {
      if (line.startsWith('stage ')) onProgress?.(`${line.slice(6)} of Debian ${recipe.suite}`);
    },
    signal,
  });
  const furnish = readFileSync(scriptPath('furnish.sh'), 'utf8');
  await run([...alone, 'chroot', join(work, 'root'), 'sh', '-s'], { input: furnish, signal });
  for (const name of readdirSync(work)) {
    if (name !== 'root' && name !== 'packages.txt') rmSync(join(work, name), { recursive: true });
  }
};

const isInUse = (folder: string): boolean => readFileSync('/proc/self/mountinfo', 'utf8').includes(folder);

/** The path of the root file system if it has been made already. */
export const findRootfs = async (options: RootfsOptions): Promise<string | undefined> => {
  const root = join(cacheRoot(), cacheName(await readRecipe(options)), 'root');
  return existsSync(root) ? root : undefined;
};

/**
 * Gives the path of a root file system, making it first where it is missing (half a minute, 60 MB to download; needs root).
 * Others that ask meanwhile wait for it. Former ones of that suite are removed when nothing uses them.
 * @throws LabError `lab-rootfs-failed` with the last lines of apt or dpkg
 */
export const ensureRootfs = async (options: RootfsOptions): Promise<string> => {
  const { suite, onProgress, signal } = options;
  const recipe = await readRecipe(options);
  const cache = cacheRoot();
  const folder = join(cache, cacheName(recipe));
  if (existsSync(folder)) return join(folder, 'root');
  await using _ = await lockFile(join(cache, `rootfs-${suite}.lock`), 600_000, `the root file system of ${suite}`);
  if (existsSync(folder)) return join(folder, 'root');
  onProgress?.(`making the root file system of Debian ${suite}`);
  for (const name of readdirSync(cache)) {
    const former = join(cache, name);
    if (name.endsWith('.new') && name.startsWith(`rootfs-${suite}-`) && !isInUse(former)) {
      rmSync(former, { recursive: true });
    }
  }
  const work = `${folder}.new`;
  try {
    await build(recipe, work, options);
    renameSync(work, folder);
  } catch (cause) {
    rmSync(work, { recursive: true, force: true });
    if (signal?.aborted) throw signal.reason;
    const said = cause instanceof Error ? cause.message.split('\n').slice(1).join('\n') : '';
    throw new LabError('lab-rootfs-failed', `cannot make a root file system of Debian ${suite}\n${said}`.trimEnd(), {
      kind: 'failed',
      hint: 'see whether apt-get update works on this machine and its mirror has that suite',
      cause,
    });
  }
  if ((options.extraPackages ?? []).length === 0) removeFormer(cache, suite, basename(folder));
  return join(folder, 'root');
};

// Made by an earlier recipe and used by no host. One with extra packages may be among them: it is made again when asked for.
const removeFormer = (cache: string, suite: Suite, current: string): void => {
  for (const name of readdirSync(cache)) {
    const isOther = name.startsWith(`rootfs-${suite}-`) && name !== current;
    if (isOther && !name.includes('.') && !isInUse(join(cache, name))) {
      rmSync(join(cache, name), { recursive: true });
    }
  }
};
