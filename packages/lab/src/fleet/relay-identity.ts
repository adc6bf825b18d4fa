// The identity of a relay that has not run yet: tor makes its keys and says its fingerprint.
import { LabError } from '../base/lab-error.ts';
import { execOnHost } from '../hosts/exec.ts';
import type { LabHost } from '../hosts/host-record.ts';

/** Parses `NICKNAME FFFF FFFF …` as `tor --list-fingerprint` prints it; the last line counts. */
export const parseListedFingerprint = (text: string): string => {
  const line = text.trim().split('\n').at(-1) ?? '';
  const fingerprint = line.replace(/^\S+\s+/, '').replace(/\s/g, '');
  if (/^[0-9A-F]{40}$/.test(fingerprint)) return fingerprint;
  throw new LabError('lab-no-fingerprint', `tor printed no fingerprint: ${JSON.stringify(line)}`, { kind: 'failed' });
};

/** Makes the keys of an instance that has a torrc, as its own user. @returns 40 upper-case hexadecimal digits */
export const makeInstanceIdentity = async (host: LabHost, name: string): Promise<string> => {
  const tor = ['tor', '--quiet', '--defaults-torrc', '/dev/null', '-f', `/etc/tor/instances/${name}/torrc`];
  const asItself = ['runuser', '-u', `_tor-${name}`, '--'];
  const folder = ['--DataDirectory', `/var/lib/tor-instances/${name}`];
  return parseListedFingerprint(await execOnHost(host, [...asItself, ...tor, ...folder, '--list-fingerprint']));
};
