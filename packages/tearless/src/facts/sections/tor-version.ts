// The version of the installed tor; a running one may be older.
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const torVersion: Fact = {
  name: 'tor-version',
  script: '[ ! -x /usr/bin/tor ] || /usr/bin/tor --version',
};

/** `Tor version 0.4.8.16.` and more lines; nothing where tor is not installed. */
export const parseTorVersion = (text: string): string | undefined => {
  const line = linesOf('tor-version', text)[0];
  if (line === undefined) return undefined;
  const version = /^Tor version (\d+\.\d+\.\d+\.\d+(?:-[a-z0-9-]+)?)(?: \(git-[0-9a-f]+\))?\.$/.exec(line.text)?.[1];
  if (version === undefined) throw unexpected('tor-version', line, 'Tor version NUMBER.');
  return version;
};
