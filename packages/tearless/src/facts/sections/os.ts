// The distribution, from /etc/os-release (os-release(5)).
import { FactsError } from '../error.ts';
import type { Fact } from './fact.ts';

export const os: Fact = { name: 'os', script: 'cat /etc/os-release' };

export interface OsRelease {
  readonly id: string;
  readonly versionId: string;
  readonly prettyName: string;
}

// Values are shell words: bare, in single quotes, or in double quotes with backslash before $ ` " \.
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
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const at = line.indexOf('=');
    const value = at > 0 ? unquote(line.slice(at + 1).trim()) : undefined;
    if (value === undefined)
      throw new FactsError({
        fact: 'os',
        line: index + 1,
        problem: `expected NAME=VALUE, found ${JSON.stringify(line)}`,
      });
    values.set(line.slice(0, at), value);
  }
  const id = values.get('ID');
  if (id === undefined) throw new FactsError({ fact: 'os', problem: 'has no ID' });
  const versionId = values.get('VERSION_ID') ?? '';
  return { id, versionId, prettyName: values.get('PRETTY_NAME') ?? `${id} ${versionId}`.trim() };
};
