// Makes the keys that must be known before a network can start: authorities' and those of relays in a family. The tools
// are tor's own; nothing secret passes through here.
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isSystemError, LabError } from '../base/lab-error.ts';
import { run } from '../base/run.ts';
import { dirPort, type NodePlan, orPort } from './node-plan.ts';
import type { AuthorityKeys } from './node-torrc.ts';

const keyTimeoutMs = 120_000;

/** Reads the v3 identity of an authority from its certificate (dir-spec §3.1, `fingerprint`). */
export const parseCertificateIdentity = (certificate: string): string => {
  const identity = /^fingerprint ([0-9A-F]{40})$/m.exec(certificate)?.[1];
  if (identity === undefined) {
    throw new LabError('network-bad-certificate', 'the authority certificate has no line "fingerprint HEX40"', {
      kind: 'failed',
    });
  }
  return identity;
};

/**
 * Parses what `tor --list-fingerprint` prints.
 * @example parseFingerprint('relay0 0000 1111 …') // '00001111…', 40 hexadecimal digits
 */
export const parseFingerprint = (output: string): string => {
  const line = output.trim().split('\n').at(-1) ?? '';
  const fingerprint = line.replace(/^\S+\s+/, '').replace(/\s/g, '');
  if (!/^[0-9A-F]{40}$/.test(fingerprint)) {
    throw new LabError('network-bad-fingerprint', `tor --list-fingerprint gave no fingerprint: ${line}`, {
      kind: 'failed',
    });
  }
  return fingerprint;
};

/** Makes a relay's identity keys below its folder, if it has none, and gives its fingerprint. */
export const makeRelayKeys = async (node: NodePlan, signal?: AbortSignal): Promise<string> => {
  mkdirSync(node.folder, { recursive: true, mode: 0o700 });
  const argv = ['tor', '--quiet', '--list-fingerprint', '--ignore-missing-torrc', '-f', '/nonexistent'];
  const options = { DataDirectory: node.folder, ORPort: `${node.address}:${orPort}`, Address: node.address };
  for (const [name, value] of Object.entries({ ...options, Nickname: node.nickname })) argv.push(`--${name}`, value);
  argv.push('--defaults-torrc', '/dev/null');
  // tor wants to know authorities of its own network before it works with private addresses; any will do here.
  const anyone = `anyone orport=${orPort} v3ident=${'F'.repeat(40)} ${node.address}:${dirPort} ${'F'.repeat(40)}`;
  argv.push('--DirAuthority', anyone);
  return parseFingerprint(await run(argv, { timeoutMs: keyTimeoutMs, signal }));
};

/** Where authorities' signing keys are kept between networks: making one takes one to three seconds of computing. */
export const keyCache = (env: NodeJS.ProcessEnv = process.env): string => {
  const base = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(base, 'tearless', 'lab-authorities');
};

const signingFiles = ['authority_signing_key', 'authority_certificate'];

/** A certificate that ends within this time is not taken from the cache. tor-gencert makes it for 12 months. */
const leastValidMs = 30 * 24 * 3600 * 1000;

/** Reads when a certificate ends (dir-spec §3.1, `dir-key-expires`), in milliseconds since the Unix epoch. */
export const parseCertificateExpiry = (certificate: string): number => {
  const [, day, time] = /^dir-key-expires (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/m.exec(certificate) ?? [];
  return day === undefined || time === undefined ? 0 : Date.parse(`${day}T${time}Z`);
};

const copySigningKeys = (from: string, to: string): void => {
  for (const file of signingFiles) {
    copyFileSync(join(from, file), join(to, file));
    chmodSync(join(to, file), 0o600);
  }
};

/** Takes a signing key from the cache, if there is one that holds long enough. */
const takeCached = (cached: string, keys: string): boolean => {
  try {
    const expiry = parseCertificateExpiry(readFileSync(join(cached, 'authority_certificate'), 'utf8'));
    if (expiry < Date.now() + leastValidMs) return false;
    copySigningKeys(cached, keys);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
};

/** Puts a signing key into the cache, whole or not at all. */
const putCached = (keys: string, cached: string): void => {
  const folder = keyCache();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = mkdtempSync(join(folder, 'new-'));
  copySigningKeys(keys, temporary);
  rmSync(cached, { recursive: true, force: true });
  try {
    renameSync(temporary, cached);
  } catch (error) {
    // Another network put its own there meanwhile, which is as good.
    rmSync(temporary, { recursive: true, force: true });
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
};

/** The passphrase protects nothing: the identity key is thrown away, and the network lives for minutes on this machine. */
const makeSigningKeys = async (keys: string, signal: AbortSignal | undefined): Promise<void> => {
  const identity = join(keys, 'authority_identity_key');
  const argv = ['tor-gencert', '--create-identity-key', '--passphrase-fd', '0', '-m', '12', '-i', identity];
  argv.push('-s', join(keys, 'authority_signing_key'), '-c', join(keys, 'authority_certificate'));
  await run(argv, { input: 'lab\n', timeoutMs: keyTimeoutMs, signal });
  rmSync(identity);
};

/** Makes an authority's keys below its folder: signing key and certificate, and those of every relay. */
export const makeAuthorityKeys = async (node: NodePlan, signal?: AbortSignal): Promise<AuthorityKeys> => {
  const keys = join(node.folder, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  chmodSync(node.folder, 0o700);
  const cached = join(keyCache(), node.nickname);
  const signing = async () => {
    if (takeCached(cached, keys)) return;
    await makeSigningKeys(keys, signal);
    putCached(keys, cached);
  };
  const [fingerprint] = await Promise.all([makeRelayKeys(node, signal), signing()]);
  const certificate = readFileSync(join(keys, 'authority_certificate'), 'utf8');
  return { v3Identity: parseCertificateIdentity(certificate), fingerprint };
};
