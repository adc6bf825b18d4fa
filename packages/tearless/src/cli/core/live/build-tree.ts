// A build on this machine: the tree checked, the script run with progress, the result named by its manifest last, so that a
// directory without one is no build.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { readDebugInfo } from '@tearless/elf/dwarf/debug-info.ts';
import { ElfFile } from '@tearless/elf/elf-file.ts';
import { sha256Hex } from '../../../base/json.ts';
import { createLocalHost } from '../../../host/create-host.ts';
import type { Host } from '../../../host/host.ts';
import { configureScript, rebuildScript } from '../../../live/build/build-script.ts';
import { listMissingHardening } from '../../../live/build/hardening.ts';
import { type BuildManifest, ledgerName, manifestName } from '../../../live/build/manifest.ts';
import { LiveError } from '../../../live/live-error.ts';
import { type Ledger, parseLedger } from '../../../live/reserve/ledger.ts';
import { reserveMember } from '../../../live/reserve/reserve.ts';
import { readBuild } from '../../../live/verdict/compare-builds.ts';
import { refusal } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { currentHelper } from '../hosts.ts';
import type { Output } from '../output.ts';
import { writeNewFile } from '../own-files.ts';
import { counted } from '../render/experiment-lines.ts';
import { chooseRoom } from './choose-room.ts';
import { continueWords } from './configure-words.ts';
import { withDebianSource } from './fetch-debian.ts';
import { lastLines } from './last-lines.ts';
import { makePackage } from './make-package.ts';
import { readBuildDirectory } from './read-build.ts';
import { reserveInTree } from './reserve-in-tree.ts';

export interface BuildWish {
  /** A tree; undefined for the archive's source package. */
  readonly source: string | undefined;
  readonly out: string;
  readonly jobs: number;
  /** Longs in each struct; 0 for layouts as the release has them. */
  readonly reserveLongs: number;
  /** The build of the release before, whose layouts are kept. */
  readonly after: string | undefined;
  /** Besides those of `after`, whose source is a tree as well. */
  readonly configure: readonly string[];
}

/** A slow machine compiles tor for a quarter of an hour. */
const buildTimeoutMs = 2 * 60 * 60_000;
/** Of the structs that stay as they are for one reason. */
const namesShown = 4;
const again = 'build again into another directory';

interface Former {
  readonly ledger: Ledger;
  readonly configure: readonly string[];
  /** Why a struct of the release before, of which objects may live, stays as it is; `new` for one that it had not. */
  readonly whyLeft: (struct: string) => string | undefined;
}

/** @throws LiveError `live-reserve-differs`, as `parseLedger` and `readBuildDirectory` */
const readFormer = (directory: string, longs: number): Former => {
  const { manifest, tor } = readBuildDirectory(directory);
  if (manifest.reserveLongs !== longs)
    throw new LiveError({
      kind: 'refused',
      code: 'live-reserve-differs',
      message: `${directory} sets ${manifest.reserveLongs} longs aside in each struct, not ${longs}`,
      subject: directory,
      hint: `--reserve ${manifest.reserveLongs}: layouts are only kept with as much room`,
    });
  const path = join(directory, ledgerName);
  const ledger = parseLedger(readFileSync(path, 'utf8'), path);
  const roomy = new Set(Object.keys(ledger).map((key) => key.slice(key.lastIndexOf(' ') + 1)));
  const { definitions } = readDebugInfo(tor);
  const whyLeft = (struct: string) => {
    if (roomy.has(struct)) return undefined;
    return definitions.has(`struct ${struct}`) ? 'without room in the release before' : 'new';
  };
  return { ledger, configure: manifest.configure, whyLeft };
};

const refuseUnfit = (source: string): void => {
  if (!existsSync(source))
    throw new LiveError({
      kind: 'not-found',
      code: 'live-tree-unfit',
      message: `there is no ${source}`,
      subject: source,
      hint: 'name the directory of an unpacked release, or --debian',
    });
  for (const name of ['configure', 'src/core/mainloop/mainloop.c'])
    if (!existsSync(join(source, name)))
      throw new LiveError({
        kind: 'not-found',
        code: 'live-tree-unfit',
        message: `${source} is no release tree of tor: it has no ${name}`,
        subject: source,
        hint: 'unpack a release; in a checkout, run its autogen.sh first',
      });
  const roomy = readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' }).find(
    (name) => name.endsWith('.h') && readFileSync(join(source, 'src', name), 'latin1').includes(reserveMember),
  );
  if (roomy !== undefined)
    throw new LiveError({
      kind: 'refused',
      code: 'live-tree-unfit',
      message: `${source} is the tree of a build, with room set aside in src/${roomy}`,
      subject: source,
      hint: 'name the tree as it was released',
    });
};

/** @throws LiveError `live-build-unwritable` */
const makeFolder = (out: string): void => {
  try {
    mkdirSync(out, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new LiveError({
      kind: 'denied',
      code: 'live-build-unwritable',
      message: `${out} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      subject: out,
      hint: 'name a directory that you may write to: --out DIR',
      cause: error,
    });
  }
};

/** What was broken off would only stand in the way of the next attempt. */
const removeInterrupted = (out: string, output: Output): void => {
  try {
    // Compilers that were told to end may still be at it.
    rmSync(out, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    output.note(`${out} is removed`);
  } catch (error) {
    output.note(`${out} is left as it was: ${error instanceof Error ? error.message : String(error)}`);
  }
};

interface Made {
  readonly tor: Uint8Array;
  readonly version: string;
  readonly compiler: string;
}

/** @returns what the script said, by word. @throws LiveError `live-build-failed` */
const runStage = async (
  host: Host,
  script: string,
  out: string,
  { jobs, configure }: BuildWish,
  signal: AbortSignal,
): Promise<(name: string) => string | undefined> => {
  const args = [out, String(jobs), ...configure];
  const { exitCode, stdout } = await host.run(script, { args, signal, timeoutMs: buildTimeoutMs });
  const said = Buffer.from(stdout).toString('utf8').split('\n');
  const word = (name: string): string | undefined =>
    said.findLast((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  if (exitCode === 0) return word;
  throw new LiveError({
    kind: 'failed',
    code: 'live-build-failed',
    message: `the build failed at '${word('stage') ?? 'begin'}':\n${lastLines(join(out, 'build.log'))}`,
    subject: join(out, 'build.log'),
    hint: "tor's own instructions say what it needs: libevent, OpenSSL and zlib with their headers, a compiler, make",
  });
};

/** Sets room aside in the tree, which is configured. */
const makeRoom = async (
  { output, signal }: CommandContext,
  host: Host,
  out: string,
  { reserveLongs }: BuildWish,
  former: Former | undefined,
): Promise<void> => {
  const { whyLeft, costs } = await chooseRoom(host, out, reserveLongs, signal);
  const { ledger, left } = reserveInTree(join(out, 'source'), reserveLongs, former?.ledger, (struct, isManaged) => {
    const before = former === undefined ? 'new' : former.whyLeft(struct);
    // Of those that configuration managers make there is one each, zeroed when it is made.
    return before !== 'new' ? before : isManaged ? undefined : whyLeft(struct);
  });
  writeNewFile(join(out, ledgerName), `${JSON.stringify(ledger)}\n`, again);
  const roomy = Object.keys(ledger).length;
  output.note(`room in ${counted(roomy, 'struct')}; ${left.length} stay as they are`);
  for (const [why, ones] of Map.groupBy(left, (one) => one.why)) {
    const names = ones.slice(0, namesShown).map(({ struct }) => struct);
    const more = ones.length > namesShown ? ', …' : '';
    output.note(`  ${ones.length} ${why}: ${names.join(', ')}${more}`);
  }
  for (const { what, bytes, moreBytes } of costs)
    output.note(`each ${what}: ${moreBytes} bytes more in structs of ${bytes}, beside what they point to`);
};

/** @throws LiveError `live-build-failed`, `live-build-soft`, `live-build-opaque` */
const compile = async (host: Host, out: string, wish: BuildWish, signal: AbortSignal): Promise<Made> => {
  const word = await runStage(host, rebuildScript, out, wish, signal);
  const tor = readFileSync(join(out, 'tor'));
  const soft = listMissingHardening(new ElfFile(tor));
  if (soft.length > 0)
    throw new LiveError({
      kind: 'refused',
      code: 'live-build-soft',
      message: `the program is not linked as an update needs it: ${soft.join('; ')}`,
      subject: join(out, 'tor'),
      hint: 'leave out --disable-gcc-hardening and flags of the linker of your own',
    });
  // A build that could not be judged later is none.
  readBuild({ tor, object: readFileSync(join(out, 'tor.o')) });
  return { tor, version: word('version') ?? '', compiler: word('compiler') ?? '' };
};

/** Into a folder that is there. */
const buildInto = async (
  context: CommandContext,
  host: Host,
  out: string,
  wish: BuildWish & { readonly source: string },
  former: Former | undefined,
  debianVersion: string | undefined,
): Promise<BuildManifest> => {
  const { surroundings, output, signal } = context;
  const { source, reserveLongs } = wish;
  output.note(`configures and compiles, which takes minutes; log: ${join(out, 'build.log')}`);
  // Times stay: a file that is newer than what was made of it would be made anew by tools that are not there.
  cpSync(source, join(out, 'source'), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  await runStage(host, configureScript, out, wish, signal);
  if (reserveLongs > 0) await makeRoom(context, host, out, wish, former);
  const { tor, version, compiler } = await compile(host, out, wish, signal);
  const named = { version, buildId: findBuildId(tor) ?? '' };
  const manifest: BuildManifest = {
    schema: 'tearless.live-build/v1',
    ...named,
    compiler,
    configure: [...wish.configure],
    reserveLongs,
    sha256: { tor: sha256Hex(tor), object: sha256Hex(readFileSync(join(out, 'tor.o'))) },
    builtAt: new Date(surroundings.clock.now()).toISOString(),
    ...(debianVersion === undefined
      ? {}
      : {
          debian: { sourceVersion: debianVersion, package: await makePackage(host, out, named, debianVersion, signal) },
        }),
  };
  writeNewFile(join(out, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`, again);
  return manifest;
};

const buildFrom = async (
  context: CommandContext,
  host: Host,
  said: BuildWish & { readonly source: string },
  debianVersion: string | undefined,
): Promise<BuildManifest> => {
  const { surroundings, output, signal } = context;
  const { source, reserveLongs, after } = said;
  const out = resolve(surroundings.cwd, said.out);
  refuseUnfit(source);
  const former = after === undefined ? undefined : readFormer(resolve(surroundings.cwd, after), reserveLongs);
  const isSaidWhole = former === undefined || debianVersion !== undefined;
  const wish = { ...said, configure: isSaidWhole ? said.configure : continueWords(former.configure, said.configure) };
  makeFolder(out);
  try {
    return await buildInto(context, host, out, wish, former, debianVersion);
  } catch (error) {
    // What failed stays, with its log.
    if (signal.aborted) removeInterrupted(out, output);
    throw error;
  }
};

/** @throws LiveError `live-tree-unfit`, `live-build-failed`, those of `withDebianSource`; CliError `live-build-exists` */
export const buildTree = async (context: CommandContext, wish: BuildWish): Promise<BuildManifest> => {
  const { surroundings, signal, output } = context;
  const out = resolve(surroundings.cwd, wish.out);
  if (existsSync(out))
    throw refusal({
      code: 'live-build-exists',
      message: `${out} is there already`,
      subject: out,
      hint: 'name another directory, or remove that one',
    });
  const host = createLocalHost({ name: surroundings.machine, helper: currentHelper() });
  try {
    if (wish.source !== undefined)
      return await buildFrom(context, host, { ...wish, source: resolve(surroundings.cwd, wish.source) }, undefined);
    return await withDebianSource(host, signal, (source, { version, configure }) => {
      output.note(`source package ${version}`);
      return buildFrom(context, host, { ...wish, source, configure: [...configure, ...wish.configure] }, version);
    });
  } finally {
    await host.close();
  }
};
