// Values between double quotes with C escapes: reading them, and writing any value so that tor reads it back the same.
// tor(1) "THE CONFIGURATION FILE FORMAT"; tor's doc/torrc_format.txt §1 (QuotedVal).
import { TorError } from '../error.ts';
import { isSpace } from './lexical.ts';

const simpleEscapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', "'": "'" };

/** The decoded text and the index just after the closing quote. */
export interface QuotedValue {
  readonly value: string;
  readonly end: number;
}

/**
 * Reads the quoted string whose opening quote stands at `start`.
 *
 * `\xHH` and octal escapes stand for bytes; bytes above 127 must form UTF-8. A NUL is refused, since tor would drop
 * what follows it without a word.
 *
 * @throws TorError `torrc-unterminated-quote`, `torrc-bad-escape`
 */
export function decodeQuoted(text: string, start: number, line: number): QuotedValue {
  const bytes: number[] = [];
  let value = '';
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      value += new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    } catch (cause) {
      throw badEscape(line, 'its escaped bytes are not UTF-8', cause);
    }
    bytes.length = 0;
  };
  for (let i = start + 1; ; ) {
    const char = text[i];
    if (char === undefined || char === '\n') {
      throw new TorError(`line ${line}: a quoted value does not end on its line`, {
        kind: 'protocol',
        code: 'torrc-unterminated-quote',
        place: 'config',
        line,
        hint: 'Close it with ", and write a quote inside it as \\".',
      });
    }
    if (char === '"') {
      flush();
      return { value, end: i + 1 };
    }
    if (char !== '\\') {
      flush();
      value += char;
      i++;
      continue;
    }
    const next = text[i + 1] ?? '';
    const simple = simpleEscapes[next];
    if (simple !== undefined) {
      flush();
      value += simple;
      i += 2;
      continue;
    }
    const digits = /^(?:[xX]([0-9a-fA-F]{2})|([0-7]{1,3}))/.exec(text.slice(i + 1, i + 4));
    const byte = digits === null ? Number.NaN : Number.parseInt(digits[1] ?? digits[2] ?? '', digits[1] ? 16 : 8);
    if (digits === null || !(byte > 0 && byte < 256)) {
      throw badEscape(line, 'after \\ comes one of n r t \\ \' ", xHH, or an octal number from 1 to 377');
    }
    bytes.push(byte);
    i += 1 + digits[0].length;
  }
}

/**
 * The text to write into a torrc so that tor reads `value` back: as it is where possible, else quoted.
 *
 * @param value one line; what tor shall see, before any escaping
 * @param name the option, for the error message
 * @throws TorError `torrc-bad-value` for an empty value (tor takes it as zero or nothing), line breaks, NUL, and text
 *   that is not well-formed Unicode
 * @example
 * encodeTorrcValue('me #1'); // '"me #1"'
 */
export function encodeTorrcValue(value: string, name = 'torrc'): string {
  if (value === '')
    throw badValue(name, 'is empty, which tor takes as zero or nothing', 'Remove the option to get its default.');
  if (/[\n\r\0]/.test(value)) throw badValue(name, 'holds a line break or NUL', 'A torrc value is a single line.');
  if (!value.isWellFormed())
    throw badValue(name, 'is not well-formed Unicode', 'Give text that can be written as UTF-8.');
  if (!needsQuotes(value)) return value;
  // An escape is one byte: control characters beyond ASCII stay as they are.
  const escaped = value.replace(/["\\]|(?=\p{ASCII})\p{Cc}/gu, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    return char === '\t' ? '\\t' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

function needsQuotes(value: string): boolean {
  return (
    value.startsWith('"') ||
    value.endsWith('\\') ||
    value.includes('#') ||
    isSpace(value.charCodeAt(0)) ||
    isSpace(value.charCodeAt(value.length - 1)) ||
    // Control characters other than tab, for the reader's sake.
    /(?!\t)(?=\p{ASCII})\p{Cc}/u.test(value)
  );
}

function badEscape(line: number, why: string, cause?: unknown): TorError {
  return new TorError(`line ${line}: bad escape in a quoted value: ${why}`, {
    kind: 'protocol',
    code: 'torrc-bad-escape',
    place: 'config',
    line,
    cause,
    hint: 'Write a backslash as \\\\ inside quotes, or leave the quotes out.',
  });
}

/** Never shows the value: it may be a password. */
function badValue(name: string, what: string, hint: string): TorError {
  return new TorError(`${name}: the value ${what}`, {
    kind: 'refused',
    code: 'torrc-bad-value',
    place: 'config',
    hint,
  });
}
