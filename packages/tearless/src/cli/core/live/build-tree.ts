// A build on this machine: the tree checked, the script run with progress, the result named by its manifest last, so that a
// directory without one is no build.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findBuildId } from '@tearless/elf/build-id.ts';
import { createLocalHost } from '../../../host/create-host.ts';
import { buildScript } from '../../../live/build/build-script.ts';
import { type BuildManifest, ledgerName, manifestName } from '../../../live/build/manifest.ts';
import { LiveError } from '../../../live/live-error.ts';
import { parseLedger } from '../../../live/reserve/ledger.ts';
import { refusal } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import { currentHelper } from '../hosts.ts';
import { writeNewFile } from '../own-files.ts';
import { readBuildDirectory } from './read-build.ts';
import { reserveInTree } from './reserve-in-tree.ts';

export interface BuildWish {
  readonly source: string;
  readonly out: string;
  readonly jobs: number;
  /** Longs in each struct; 0 for layouts as the release has them. */
  readonly reserveLongs: number;
  /** The build of the release before, whose layouts are kept. */
  readonly after: string | undefined;
  readonly configure: readonly string[];
}

/** A slow machine compiles tor for a quarter of an hour. */
const buildTimeoutMs = 2 * 60 * 60_000;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const lastLines = (path: string): string =>
  existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-12).join('\n') : '';

/** @throws LiveError `live-reserve-differs`, as `parseLedger` and `readBuildDirectory` */
const readFormer = (directory: string, longs: number) => {
  const { manifest } = readBuildDirectory(directory);
  if (manifest.reserveLongs !== longs)
    throw new LiveError({
      kind: 'refused',
      code: 'live-reserve-differs',
      message: `${directory} sets ${manifest.reserveLongs} longs aside in each struct, not ${longs}`,
      subject: directory,
      hint: `--reserve ${manifest.reserveLongs}: layouts are only kept with as much room`,
    });
  const path = join(directory, ledgerName);
  return parseLedger(readFileSync(path, 'utf8'), path);
};

/** @throws LiveError `live-tree-unfit`, `live-build-failed`; CliError `live-build-exists` */
export const buildTree = async (context: CommandContext, wish: BuildWish): Promise<BuildManifest> => {
  const { surroundings, output, signal } = context;
  const source = resolve(surroundings.cwd, wish.source);
  const out = resolve(surroundings.cwd, wish.out);
  for (const name of ['configure', 'src/core/mainloop/mainloop.c'])
    if (!existsSync(join(source, name)))
      throw new LiveError({
        kind: 'not-found',
        code: 'live-tree-unfit',
        message: `${source} is no release tree of tor: it has no ${name}`,
        subject: source,
        hint: 'unpack a release; in a checkout, run its autogen.sh first',
      });
  if (existsSync(out))
    throw refusal({
      code: 'live-build-exists',
      message: `${out} is there already`,
      subject: out,
      hint: 'name another directory, or remove that one',
    });
  const former =
    wish.after === undefined ? undefined : readFormer(resolve(surroundings.cwd, wish.after), wish.reserveLongs);
  mkdirSync(out, { recursive: true, mode: 0o755 });
  const tree = join(out, 'source');
  // Times stay: a file that is newer than what was made of it would be made anew by tools that are not there.
  cpSync(source, tree, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  if (wish.reserveLongs > 0) {
    const { ledger, left } = reserveInTree(tree, wish.reserveLongs, former);
    writeNewFile(join(out, ledgerName), `${JSON.stringify(ledger)}\n`, 'build again into another directory');
    output.note(`room in ${Object.keys(ledger).length} structs; ${left.length} stay as they are`);
  }
  const host = createLocalHost({ name: surroundings.machine, helper: currentHelper() });
  try {
    const { exitCode, stdout } = await host.run(buildScript, {
      args: [out, String(wish.jobs), ...wish.configure],
      signal,
      timeoutMs: buildTimeoutMs,
    });
    const said = Buffer.from(stdout).toString('utf8').split('\n');
    const word = (name: string): string =>
      said.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';
    if (exitCode !== 0) {
      const stage =
        said
          .filter((line) => line.startsWith('stage '))
          .at(-1)
          ?.slice(6) ?? 'begin';
      throw new LiveError({
        kind: 'failed',
        code: 'live-build-failed',
        message: `the build failed at '${stage}':\n${lastLines(join(out, 'build.log'))}`,
        subject: join(out, 'build.log'),
        hint: "tor's own instructions say what it needs: libevent, OpenSSL and zlib with their headers, a compiler, make",
      });
    }
    const tor = readFileSync(join(out, 'tor'));
    const manifest: BuildManifest = {
      schema: 'tearless.live-build/v1',
      version: word('version'),
      buildId: findBuildId(tor) ?? '',
      compiler: word('compiler'),
      configure: [...wish.configure],
      reserveLongs: wish.reserveLongs,
      sha256: { tor: sha256(tor), object: sha256(readFileSync(join(out, 'tor.o'))) },
      builtAt: new Date(surroundings.clock.now()).toISOString(),
    };
    writeNewFile(
      join(out, manifestName),
      `${JSON.stringify(manifest, undefined, 2)}\n`,
      'build again into another directory',
    );
    output.note(`log: ${join(out, 'build.log')}`);
    return manifest;
  } finally {
    await host.close();
  }
};
