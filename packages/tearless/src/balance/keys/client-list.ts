// The clients that may read a service's descriptors (restricted discovery), in the files of tor: authorized_clients/NAME.auth,
// each with one line `descriptor:x25519:KEY`. Only public keys are here. rend-spec-v3 §2.5.1.2, appendix G.1.

import { TorError } from '@tearless/tor/error.ts';
import { parseClientKey, renderClientKey } from '@tearless/tor/hsdesc/client-auth-files.ts';
import { sha3 } from '@tearless/tor/onion/hashes.ts';
import { x25519SharedSecret } from '@tearless/tor/onion/x25519.ts';
import { Sensitive } from '@tearless/tor/sensitive.ts';
import { BalanceError } from '../balance-error.ts';

export interface AuthorizedClient {
  readonly name: string;
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

const suffix = '.auth';
const clientName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

export const clientFileName = (name: string): string => `${name}${suffix}`;

export const isClientFile = (fileName: string): boolean => fileName.endsWith(suffix);

export const renderClientFile = ({ publicKey }: AuthorizedClient): string => `${renderClientKey(publicKey)}\n`;

/**
 * @param text as given on a command line: `descriptor:x25519:KEY`, or the key alone in base32
 * @throws BalanceError `balance-client` also for a key with which everybody would compute the same secret
 */
export const parseClientPublicKey = (text: string, subject: string): Uint8Array => {
  const line = text.trim();
  try {
    const key = parseClientKey(line.includes(':') ? line : `descriptor:x25519:${line}`);
    x25519SharedSecret(new Sensitive(new Uint8Array(32).fill(1)), key);
    return key;
  } catch (error) {
    if (!(error instanceof TorError)) throw error;
    throw clientProblem(subject, error.message);
  }
};

/** @throws BalanceError `balance-client` */
export const checkClientName = (name: string): string => {
  if (clientName.test(name)) return name;
  throw clientProblem(
    JSON.stringify(name.slice(0, 80)),
    'a name of a client has letters, digits, _, - and ., up to 63',
  );
};

/**
 * @param files those of the folder that end in .auth, by name; tor passes over what it cannot read, which would lock a client
 *   out without a word
 * @returns by name
 * @throws BalanceError `balance-client`
 */
export const parseClientFiles = (files: ReadonlyMap<string, string>, folder: string): AuthorizedClient[] => {
  const byKey = new Map<string, string>();
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, text]) => {
      const name = file.slice(0, -suffix.length);
      const publicKey = parseClientPublicKey(text, `${folder}/${file}`);
      const hex = Buffer.from(publicKey).toString('hex');
      const other = byKey.get(hex);
      if (other !== undefined) throw clientProblem(`${folder}/${file}`, `it has the same key as ${other}`);
      byKey.set(hex, file);
      return { name, publicKey };
    });
};

/**
 * Stands for a service whose last client is gone: it stays restricted, and nobody can read it. Nobody has the secret of this
 * key, as it is a hash.
 */
const nobody: Uint8Array = sha3('Tearless: a restricted onion service without clients');

/** What the descriptors are sealed for. */
export const keysOfClients = (clients: readonly AuthorizedClient[]): readonly Uint8Array[] =>
  clients.length === 0 ? [nobody] : clients.map(({ publicKey }) => publicKey);

const clientProblem = (subject: string, why: string): BalanceError =>
  new BalanceError({
    kind: 'config',
    code: 'balance-client',
    place: 'config',
    message: `${subject}: ${why}`,
    hint: "a client's file NAME.auth has one line: descriptor:x25519:KEY, the key in 52 characters of base32",
    subject,
  });
