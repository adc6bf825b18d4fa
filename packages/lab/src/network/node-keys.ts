// Makes the keys that must be known before a network can start: authorities' and those of relays in a family. The tools
// are tor's own; nothing secret passes through here.
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../base/lab-error.ts';
import { run } from '../base/run.ts';
import { dirPort, type NodePlan, orPort } from './node-plan.ts';
import type { AuthorityKeys } from './node-torrc.ts';

const keyTimeoutMs = 30_000;

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

/**
 * Makes an authority's keys below its folder: identity, signing key and certificate, and those of every relay. The
 * passphrase protects nothing: the network lives for minutes on this machine.
 */
export const makeAuthorityKeys = async (node: NodePlan, signal?: AbortSignal): Promise<AuthorityKeys> => {
  const keys = join(node.folder, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  chmodSync(node.folder, 0o700);
  const certificate = join(keys, 'authority_certificate');
  const argv = ['tor-gencert', '--create-identity-key', '--passphrase-fd', '0', '-m', '12'];
  argv.push('-a', `${node.address}:${dirPort}`, '-i', join(keys, 'authority_identity_key'));
  argv.push('-s', join(keys, 'authority_signing_key'), '-c', certificate);
  const [, fingerprint] = await Promise.all([
    run(argv, { input: 'lab\n', timeoutMs: keyTimeoutMs, signal }),
    makeRelayKeys(node, signal),
  ]);
  return { v3Identity: parseCertificateIdentity(readFileSync(certificate, 'utf8')), fingerprint };
};
