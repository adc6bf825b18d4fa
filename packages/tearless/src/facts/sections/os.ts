// The distribution, from /etc/os-release (os-release(5)).
import { FactsError } from '../error.ts';
import type { Fact } from './fact.ts';
import { linesOf, unexpected } from './lines.ts';

export const os: Fact = { name: 'os', script: 'cat /etc/os-release' };

export interface OsRelease {
  readonly id: string;
  /** Empty on a distribution without versions. */
  readonly versionId: string;
  readonly prettyName: string;
}

// Values are shell words: bare, in single quotes, or in double quotes with a backslash before $ ` " and \.
const unquote = (value: string): string | undefined => {
  if (/^'[^']*'$/.test(value)) return value.slice(1, -1);
  if (/^"(?:[^"\\]|\\.)*"$/.test(value)) return value.slice(1, -1).replace(/\\([$`"\\])/g, '$1');
  return /^[^\s"'`$;&|<>()]*$/.test(value) ? value : undefined;
};

/**
 * ```
 * PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
 * ID=debian
 * VERSION_ID="12"
 * ```
 */
export const parseOs = (text: string): OsRelease => {
  const values = new Map<string, string>();
  for (const line of linesOf('os', text)) {
    if (/^\s*(#|$)/.test(line.text)) continue;
    const [, name, quoted = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.text.trim()) ?? [];
    const value = unquote(quoted);
    if (name === undefined || value === undefined) throw unexpected('os', line, 'NAME=VALUE');
    values.set(name, value);
  }
  const id = values.get('ID');
  if (id === undefined) throw new FactsError({ fact: 'os', problem: 'has no ID' });
  const versionId = values.get('VERSION_ID') ?? '';
  return { id, versionId, prettyName: values.get('PRETTY_NAME') ?? `${id} ${versionId}`.trim() };
};
