// A host's public key: asked for at first contact, shown as its fingerprint, pinned in a known_hosts file. Format: sshd(8)
// "SSH_KNOWN_HOSTS FILE FORMAT".
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HostError, lastLines } from '../host-error.ts';
import { startProcess } from '../process.ts';
import { checkDestination, describeDestination, renderDestination, type SshDestination } from './destination.ts';
import { parseSshFailure } from './words.ts';

export interface HostKey {
  /** As ssh looks the host up: `[192.0.2.7]:2222`, `relay.example.net`. */
  readonly names: string;
  /** `ssh-ed25519` */
  readonly type: string;
  /** The key itself, base64. */
  readonly key: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** As OpenSSH prints it: base64 without padding. */
export const fingerprintOf = (key: string): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`;

/** The plain entries of a known_hosts file; comments, markers and hashed names are left out. */
export const parseKnownHosts = (text: string): HostKey[] =>
  text.split('\n').flatMap((line) => {
    const [, names, type, key] = /^([^\s#@|]\S*)\s+(\S+)\s+([A-Za-z0-9+/=]+)(?:\s|$)/.exec(line) ?? [];
    if (names === undefined || type === undefined || key === undefined) return [];
    return [{ names, type, key, fingerprint: fingerprintOf(key) }];
  });

export const renderKnownHost = ({ names, type, key }: HostKey): string => `${names} ${type} ${key}\n`;

/**
 * Asks the host for its key, without logging in and without believing it: a person must compare the fingerprint.
 * Goes the way that ssh goes, jump hosts and proxy commands included.
 * @throws HostError `ssh-*` when it cannot be reached.
 */
export const scanHostKey = async (name: string, destination: SshDestination): Promise<HostKey> => {
  checkDestination(destination);
  const directory = await mkdtemp(join(tmpdir(), 'tearless-scan-'));
  const file = join(directory, 'known_hosts');
  try {
    const process = startProcess('ssh', [
      ...renderDestination(destination),
      ...['-o', 'StrictHostKeyChecking=accept-new', '-o', `UserKnownHostsFile="${file}"`],
      ...['-o', 'GlobalKnownHostsFile=/dev/null', '-o', 'HashKnownHosts=no', '-o', 'ControlPath=none'],
      // No way of logging in: the answer is known before that.
      ...['-o', 'PubkeyAuthentication=no', '-o', 'PreferredAuthentications=none'],
      ...['-T', '--', destination.host, 'true'],
    ]);
    let stderr = '';
    process.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    process.stdout.resume();
    process.stdin.end();
    await process.ended;
    const [found] = parseKnownHosts(await readFile(file, 'utf8').catch(absent));
    if (found !== undefined) return found;
    const { message, ...what } = parseSshFailure(stderr);
    throw new HostError({
      ...what,
      message: `${name}: cannot ask ${describeDestination(destination)} for its key: ${message}`,
      subject: name,
      lines: lastLines(stderr),
    });
  } finally {
    await rm(directory, { recursive: true });
  }
};

/** ssh writes no file where it saw no key. */
const absent = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
  throw error;
};

/** What the file holds for the host: the very key, another one, or none. */
export const compareHostKey = (file: string, found: HostKey): 'same' | 'other' | 'none' => {
  const known = parseKnownHosts(file).filter(({ names }) => names === found.names);
  if (known.some(({ type, key }) => type === found.type && key === found.key)) return 'same';
  return known.length > 0 ? 'other' : 'none';
};

/** The file's text with this key as the only one of its host; all other lines stay. */
export const pinHostKeyText = (file: string, key: HostKey): string => {
  const others = file
    .split('\n')
    .filter((line) => line !== '' && !parseKnownHosts(line).some(({ names }) => names === key.names));
  return [...others, renderKnownHost(key)].join('\n');
};

/**
 * Pins a key whose fingerprint a person has confirmed. The file (0600) is replaced as a whole.
 * @returns false when it was pinned already
 * @throws HostError `ssh-host-key-changed` when another key is pinned and `replace` is not set.
 */
export const pinHostKey = async (
  path: string,
  key: HostKey,
  options: { readonly replace?: boolean } = {},
): Promise<boolean> => {
  const file = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const known = compareHostKey(file, key);
  if (known === 'same') return false;
  if (known === 'other' && options.replace !== true)
    throw new HostError({
      kind: 'denied',
      code: 'ssh-host-key-changed',
      message: `${path} pins another key for ${key.names} than ${key.fingerprint}`,
      hint: 'compare fingerprints on the host itself before you replace the key',
      place: 'local',
    });
  const temporary = join(dirname(path), `.known_hosts.${key.fingerprint.slice(7, 15).replace(/[+/]/g, '_')}`);
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(pinHostKeyText(file, key));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  return true;
};
