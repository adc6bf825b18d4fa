// What the parsers share: lines with their numbers, numbers with their limits, and words in systemd's quoting.
import { FactsError } from '../error.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** The lines of a section; it ends with a line end unless it is empty. */
export const linesOf = (fact: string, text: string): Line[] => {
  if (text === '') return [];
  const lines = text.split('\n').map((line, index) => ({ number: index + 1, text: line }));
  const last = lines.pop();
  if (last !== undefined && last.text !== '')
    throw new FactsError({ fact, line: last.number, problem: `ends in the middle of ${quote(last.text)}` });
  return lines;
};

/** A piece of foreign text for an error message: short, on one line. */
export const quote = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);

export const unexpected = (fact: string, line: Line, expected: string): FactsError =>
  new FactsError({ fact, line: line.number, problem: `expected ${expected}, found ${quote(line.text)}` });

/** A decimal number that JavaScript can count exactly, or undefined. */
export const parseCount = (text: string): number | undefined => {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
};

const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

const unescapeC = (quoted: string): string =>
  quoted.replace(/\\(?:x([0-9a-f]{2})|([0-7]{3})|(.))/gs, (_, hex?: string, octal?: string, character?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    return character === undefined ? '' : (escapes[character] ?? character);
  });

/**
 * Words as `systemctl show` prints lists of strings: bare, or in double quotes with C escapes. Undefined when a quote
 * does not end.
 */
export const parseWords = (text: string): string[] | undefined => {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const match = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"]\S*))(?:\s+|$)/s.exec(rest);
    if (match === null) return undefined;
    words.push(match[1] === undefined ? (match[2] ?? '') : unescapeC(match[1]));
    rest = rest.slice(match[0].length);
  }
  return words;
};
