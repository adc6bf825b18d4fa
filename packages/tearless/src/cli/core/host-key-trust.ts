// Whether the key that a host shows may be believed: pinned before, named on the command line, or to be asked. Pure.
import { compareHostKey, type HostKey } from '../../host/ssh/host-key.ts';
import { refusal } from './cli-error.ts';

export type Trust =
  | { readonly kind: 'pinned' }
  | { readonly kind: 'confirmed' }
  /** A person must compare it; `isChanged`: another one was pinned. */
  | { readonly kind: 'ask'; readonly isChanged: boolean };

/** How the fingerprint is read on the host itself. */
const readThere = "'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub' on the host itself prints it";

/**
 * @param pinned text of the known_hosts file of this host; empty where none is pinned
 * @param expected `--host-key`
 * @throws CliError `host-key-mismatch`
 */
export const judgeHostKey = (host: string, key: HostKey, pinned: string, expected: string | undefined): Trust => {
  if (expected !== undefined && expected.replace(/=+$/, '') !== key.fingerprint)
    throw refusal({
      code: 'host-key-mismatch',
      place: 'host',
      message: `${host} shows the key ${key.fingerprint}, not ${expected}`,
      subject: host,
      hint: `someone may stand in between; ${readThere}`,
    });
  const known = compareHostKey(pinned, key);
  if (known === 'same') return { kind: 'pinned' };
  return expected === undefined ? { kind: 'ask', isChanged: known === 'other' } : { kind: 'confirmed' };
};

/** With --yes nobody compares: the fingerprint must then stand on the command line. */
export const unconfirmedKey = (host: string, { fingerprint }: HostKey, isChanged: boolean) =>
  refusal({
    code: 'host-key-unconfirmed',
    place: 'host',
    message: `${host} shows the key ${fingerprint}, ${isChanged ? 'another than the one pinned for it' : 'which nobody has confirmed'}`,
    subject: host,
    hint: `compare it (${readThere}), then say --host-key ${fingerprint}`,
  });

export const renderKeyLines = (host: string, { type, fingerprint }: HostKey, trust: Trust): string[] => [
  `${host} shows the key ${fingerprint} (${type})${trust.kind === 'pinned' ? ', which is pinned for it' : ''}`,
  ...(trust.kind === 'ask' && trust.isChanged
    ? ['this is ANOTHER key than the one pinned for it: someone may stand in between, or the host was made anew']
    : []),
  ...(trust.kind === 'ask' ? [readThere] : []),
];
