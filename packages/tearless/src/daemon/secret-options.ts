// Options of a torrc whose values are nobody's business but tor's: passwords and their hashes, bridges and how they are
// entered. What is shown names them and leaves their values out; what is applied and journalled stays whole.
import { canonicalName } from '@tearless/tor/torrc/known-options.ts';

const secretOptions: ReadonlySet<string> = new Set(
  [
    'Bridge',
    'BridgePassword',
    'HashedControlPassword',
    '__HashedControlSessionPassword',
    'HiddenServiceAuthorizeClient',
    'HidServAuth',
    'HTTPProxyAuthenticator',
    'HTTPSProxyAuthenticator',
    'ServerTransportOptions',
    'Socks5ProxyPassword',
    'Socks5ProxyUsername',
  ].map((name) => name.toLowerCase()),
);

/** @param name in any spelling that tor takes */
export const isSecretOption = (name: string): boolean => secretOptions.has(canonicalName(name).toLowerCase());

/**
 * What tor said of its torrc, as it may be shown: tor repeats values that it does not like, so words about a secret option
 * are left out.
 */
export const concealWords = (line: string): string => {
  const words = new Set(line.toLowerCase().match(/[a-z0-9_]+/g) ?? []);
  const secret = [...secretOptions].find((name) => words.has(name));
  return secret === undefined ? line : `it does not like the value of ${canonicalName(secret)} [sensitive]`;
};

export interface Concealer {
  /** The value as it may be shown: `[sensitive 1]` where the option is secret. */
  value(name: string, value: string): string;
  /** The text of a torrc as it may be shown, commented-out lines too. */
  torrc(text: string): string;
}

/** A line with an option: what stands before its name, the name, the gap, the value. */
const optionLine = /^([\s#+/]*)([A-Za-z0-9_]+)(\s+)(\S.*)$/;

/** Equal values get equal numbers, so that a change shows as one although the values do not. */
export const createConcealer = (): Concealer => {
  const numbers = new Map<string, number>();
  const conceal = (value: string): string => {
    const number = numbers.get(value) ?? numbers.size + 1;
    numbers.set(value, number);
    return `[sensitive ${number}]`;
  };
  return {
    value: (name, value) => (isSecretOption(name) ? conceal(value) : value),
    torrc: (text) => {
      const shown: string[] = [];
      const lines = text.split('\n');
      for (let at = 0; at < lines.length; at++) {
        const line = lines[at] ?? '';
        const [, before = '', name = '', gap = '', first = ''] = optionLine.exec(line) ?? [];
        if (!isSecretOption(name)) {
          shown.push(line);
          continue;
        }
        // A value that goes on in the next lines is one value; comments between them are skipped by tor.
        const parts = [first];
        const goesOn = (part: string): boolean => part.endsWith('\\') || /^\s*#/.test(part);
        if (!before.includes('#') && first.endsWith('\\'))
          for (at += 1; at < lines.length; at++) {
            const part = lines[at] ?? '';
            parts.push(part);
            if (!goesOn(part)) break;
          }
        shown.push(`${before}${name}${gap}${conceal(parts.join('\n').trimEnd())}`);
      }
      return shown.join('\n');
    },
  };
};
