// Runs a command line in this process, in a temporary directory, with its output caught.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { PassThrough } from 'node:stream';
import { systemClock } from '../../packages/tearless/src/base/clock.ts';
import { runCli } from '../../packages/tearless/src/cli/core/run-cli.ts';

export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What lies in the working directory, which is the home too, and below it afterwards. */
  readonly files: Files;
}

/** Files to lay into the working directory, by name. */
export type Files = Readonly<Record<string, string>>;

const collect = (stream: PassThrough): (() => string) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
};

const readFiles = async (directory: string): Promise<Files> => {
  const entries = (await readdir(directory, { withFileTypes: true, recursive: true })).filter((entry) =>
    entry.isFile(),
  );
  const texts = entries.map(async ({ name, parentPath }) => {
    const path = join(parentPath, name);
    return [relative(directory, path), await readFile(path, 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
};

/** Somebody at a terminal who types this. */
const atTerminal = (typed: string): PassThrough & { readonly isTTY: boolean } => {
  const stream = Object.assign(new PassThrough(), { isTTY: true });
  stream.write(typed);
  return stream;
};

/**
 * Runs in a directory that stays, which is the home too.
 * @param env nothing is inherited
 * @param typed what a person types at a terminal; without it there is neither
 */
export const runIn = async (
  cwd: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  typed?: string,
): Promise<CliRun> => {
  const stdin = typed === undefined ? new PassThrough() : atTerminal(typed);
  const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: typed !== undefined })];
  const [readOut, readErr] = [collect(stdout), collect(stderr)];
  const exitCode = await runCli(words, {
    stdin,
    stdout,
    stderr,
    env,
    cwd,
    home: cwd,
    clock: systemClock,
    pid: 4242,
    user: 'tester',
    machine: 'testing',
    onInterrupt: () => () => {},
    onReaderGone: () => () => {},
  });
  return { exitCode, stdout: readOut(), stderr: readErr(), files: await readFiles(cwd) };
};

/** Runs in a directory of its own. */
export const runInDirectory = async (
  words: readonly string[],
  files: Files = {},
  env: Readonly<Record<string, string>> = {},
): Promise<CliRun> => {
  const cwd = await mkdtemp(join(tmpdir(), 'tearless-cli-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
    return await runIn(cwd, words, env);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
};
