// Quoted strings. control-spec §2.1 (QuotedString) and §2.1.1: what tor sends is a CString, with C escapes.
import { argumentError, protocolError } from './problem.ts';

/**
 * A QuotedString as tor reads it. Only `"` and `\` are escaped, which means the same to both of tor's
 * readers (QuotedString in AUTHENTICATE, CString in SETCONF).
 * @throws TorError `control-bad-argument` for CR, LF or NUL: the line protocol cannot carry them, and in SETCONF they would end up as lines of the torrc
 */
export function quoteString(text: string): string {
  refuseControl(text);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** @throws TorError `control-bad-argument` when the text has CR, LF or NUL. The text is not repeated in the error. */
export function refuseControl(text: string): void {
  if (/[\r\n\0]/.test(text)) {
    throw argumentError('a control-port argument must not contain a line end or NUL', 'remove it from the value');
  }
}

const simpleEscapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/**
 * Reads the CString that starts at `at` (which must be the opening quote).
 * `\n \t \r` and `\0` to `\377` are C escapes, any other escaped character is itself (§2.1.1). Octal escapes are bytes of UTF-8.
 * @returns the value, and the index after the closing quote
 * @throws TorError `control-bad-string`; the text is not repeated in the error, it may be a secret
 */
export function readCString(text: string, at: number): { value: string; end: number } {
  if (text[at] !== '"') throw badString('does not start with a quote');
  const parts: Buffer[] = [];
  let from = at + 1;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      const rest = text.slice(from, i);
      return {
        value: parts.length === 0 ? rest : Buffer.concat([...parts, Buffer.from(rest)]).toString('utf8'),
        end: i + 1,
      };
    }
    if (char !== '\\') continue;
    parts.push(Buffer.from(text.slice(from, i)));
    const octal = /^[0-7]{1,3}/.exec(text.slice(i + 1, i + 4))?.[0];
    if (octal !== undefined) {
      const byte = Number.parseInt(octal, 8);
      if (byte > 0xff) throw badString('has an octal escape beyond \\377');
      parts.push(Buffer.of(byte));
      i += octal.length;
    } else {
      // A character outside the BMP is two units; both belong to it.
      const point = text.codePointAt(i + 1);
      if (point === undefined) break;
      const escaped = String.fromCodePoint(point);
      parts.push(Buffer.from(simpleEscapes[escaped] ?? escaped));
      i += escaped.length;
    }
    from = i + 1;
  }
  throw badString('has no closing quote');
}

function badString(problem: string) {
  return protocolError('control-bad-string', `a quoted string from tor ${problem}`);
}
