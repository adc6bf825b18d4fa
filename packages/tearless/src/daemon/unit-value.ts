// Values of `Environment=` in systemd unit files: quoting, C escapes and specifiers (systemd.exec(5) "Environment=",
// systemd.syntax(7) "Quoting"). No other directive has exactly these rules.
import { DaemonError } from './daemon-error.ts';

/** systemd's own rule for names of variables (env_name_is_valid). */
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What systemd refuses inside a value, and tab and newline, which it would take but nobody wants in a unit file. */
const controlCharacter = /\p{Cc}/u;

/** One `NAME=value` as a word that systemd reads back unchanged; `%` is doubled because specifiers are expanded later. */
const encodeAssignment = (name: string, value: string): string => {
  const refuse = (why: string): never => {
    throw new DaemonError({
      kind: 'config',
      code: 'daemon-bad-environment',
      place: 'config',
      message: `environment variable ${JSON.stringify(name)}: ${why}`,
      hint: 'mend the value in tearless.yaml',
    });
  };
  if (!variableName.test(name)) refuse('a name has letters, digits and "_", and no digit first');
  if (controlCharacter.test(value)) refuse('its value holds a control character');
  if (!value.isWellFormed()) refuse('its value is not valid Unicode');
  return `"${name}=${value.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`;
};

/**
 * The right-hand side of an `Environment=` line.
 * @example encodeEnvironment({ LD_PRELOAD: '/usr/lib/a.so' }) === '"LD_PRELOAD=/usr/lib/a.so"'
 * @throws DaemonError `daemon-bad-environment`
 */
export const encodeEnvironment = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => encodeAssignment(name, value))
    .join(' ');

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** `\x41`, `\101`, `\u00e4`, `\U0001f4a9`: the character and how many characters of the text it took. */
const decodeNumericEscape = (text: string): { readonly character: string; readonly taken: number } | undefined => {
  const hex = /^(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/.exec(text);
  const octal = /^[0-3][0-7]{2}/.exec(text);
  const [taken, code] = hex
    ? [hex[0].length, Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16)]
    : octal
      ? [3, Number.parseInt(octal[0], 8)]
      : [0, 0];
  return code === 0 || code > 0x10ffff ? undefined : { character: String.fromCodePoint(code), taken };
};

/** Splits as systemd does: words at white space outside quotes, quotes removed, escapes resolved. */
const splitWords = (text: string): string[] | undefined => {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') {
      const next = text.charAt(at + 1);
      const simple = simpleEscapes[next];
      const numeric = simple === undefined ? decodeNumericEscape(text.slice(at + 1)) : undefined;
      if (simple === undefined && numeric === undefined) return undefined;
      word = (word ?? '') + (simple ?? numeric?.character ?? '');
      at += numeric?.taken ?? 1;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/[ \t\n\r]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push(word);
  return words;
};

/**
 * What an `Environment=` line sets. Specifiers other than `%%` stay as they are written (`%i`): their value is known to
 * systemd alone. A line that systemd would ignore as malformed gives undefined.
 */
export const decodeEnvironment = (text: string): ReadonlyMap<string, string> | undefined => {
  const words = splitWords(text);
  if (words === undefined) return undefined;
  const variables = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = word.slice(0, Math.max(0, equals));
    // systemd warns and skips a single bad assignment, the rest of the line counts
    if (variableName.test(name)) variables.set(name, word.slice(equals + 1).replaceAll('%%', '%'));
  }
  return variables;
};
