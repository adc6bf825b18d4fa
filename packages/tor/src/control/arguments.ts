// The arguments of events and of some replies: some by position, then keyword=value, values perhaps quoted.
// control-spec §4.1: SP KEYWORD ["=" ( QuotedString / *NonSpDquote ) ].
import { protocolError } from './problem.ts';
import { readCString } from './quoted.ts';

export interface Arguments {
  /** Those without a keyword, in order, unquoted. More than asked for are kept: tor may add some. */
  readonly positional: readonly string[];
  /** Values unquoted. Of a keyword given twice, the first. */
  readonly keywords: ReadonlyMap<string, string>;
}

const keyword = /[A-Za-z][A-Za-z0-9_.-]*=/y;

/**
 * @param required so many arguments must be there by position; they are never taken for keywords, whatever they look like
 * @throws TorError `control-missing-argument`, `control-bad-string`
 * @example
 * const { positional, keywords } = parseArguments('NOTICE BOOTSTRAP PROGRESS=100 SUMMARY="Done"', 2);
 * assert.deepEqual(positional, ['NOTICE', 'BOOTSTRAP']);
 * assert.equal(keywords.get('SUMMARY'), 'Done');
 */
export function parseArguments(text: string, required = 0): Arguments {
  const positional: string[] = [];
  const keywords = new Map<string, string>();
  for (let at = skipSpaces(text, 0); at < text.length; at = skipSpaces(text, at)) {
    keyword.lastIndex = at;
    const name = positional.length < required ? undefined : keyword.exec(text)?.[0].slice(0, -1);
    const from = name === undefined ? at : at + name.length + 1;
    const { value, end } = readValue(text, from);
    if (name === undefined) positional.push(value);
    else if (!keywords.has(name)) keywords.set(name, value);
    at = end;
  }
  if (positional.length < required) {
    throw protocolError('control-missing-argument', `${positional.length} arguments where at least ${required} belong`);
  }
  return { positional, keywords };
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at++;
  return at;
}

function readValue(text: string, from: number): { value: string; end: number } {
  if (text[from] === '"') {
    const quoted = readCString(text, from);
    if (quoted.end < text.length && text[quoted.end] !== ' ') {
      throw protocolError('control-bad-string', 'a quoted string from tor goes on after its closing quote');
    }
    return quoted;
  }
  const end = text.indexOf(' ', from);
  return end === -1 ? { value: text.slice(from), end: text.length } : { value: text.slice(from, end), end };
}
