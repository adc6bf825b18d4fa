// The archive's source package of tor, unpacked for a while: by lists of source packages that are derived from the machine's own.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Host } from '../../../host/host.ts';
import { type DebianSource, fetchScript, parseDebianSource } from '../../../live/build/debian-source.ts';
import { deriveSourceLists, type SourceList } from '../../../live/build/source-lists.ts';
import { LiveError } from '../../../live/live-error.ts';
import { lastLines } from './last-lines.ts';

const listsOfMachine = '/etc/apt/sources.list';
const fetchTimeoutMs = 15 * 60_000;

const readLists = (): SourceList[] => {
  const folder = `${listsOfMachine}.d`;
  const beside = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return [listsOfMachine, ...beside.sort()].flatMap((path) =>
    existsSync(path) ? [{ name: basename(path), text: readFileSync(path, 'utf8') }] : [],
  );
};

const unfit = (message: string, hint: string): LiveError =>
  new LiveError({ kind: 'not-found', code: 'live-debian-unfit', message, hint });

/**
 * Unpacks it, and removes it after use.
 * @throws LiveError `live-debian-unfit`, `live-debian-failed`, `live-debian-rules-strange`
 */
export const withDebianSource = async <T>(
  host: Host,
  signal: AbortSignal,
  use: (tree: string, source: DebianSource) => Promise<T>,
): Promise<T> => {
  const lists = deriveSourceLists(readLists());
  if (lists.length === 0)
    throw unfit(
      `this machine lists no Debian packages: ${listsOfMachine} and ${listsOfMachine}.d name no archive`,
      'unpack a source package yourself and name its directory',
    );
  const folder = mkdtempSync(join(tmpdir(), 'tearless-tor-'));
  try {
    mkdirSync(join(folder, 'sources'));
    for (const { name, text } of lists) writeFileSync(join(folder, 'sources', name), text);
    const { exitCode, stdout } = await host.run(fetchScript, { args: [folder], signal, timeoutMs: fetchTimeoutMs });
    const said = Buffer.from(stdout).toString('utf8');
    const missing = /^missing (.*)$/m.exec(said)?.[1];
    if (missing !== undefined)
      throw unfit(`${missing} is not on this machine`, 'apt-get install apt dpkg-dev make patch');
    if (exitCode !== 0)
      throw new LiveError({
        kind: 'failed',
        code: 'live-debian-failed',
        message: `the source package of tor could not be had:\n${lastLines(join(folder, 'log'))}`,
        hint: 'see that apt-get update works on this machine, then try again',
      });
    const source = parseDebianSource(said);
    if (source.unmet.length > 0)
      throw unfit(
        `tor ${source.version} is built with headers that are not on this machine: ${source.unmet.join(', ')}`,
        `apt-get install ${source.unmet.join(' ')}`,
      );
    return await use(join(folder, 'tree'), source);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
