// A torrc as a lossless syntax tree: every byte of the file is in some node, so renderTorrc(parseTorrc(t)) === t.
// Syntax only: no option names are judged and no %include is followed (see known-options.ts, flatten.ts).
// tor(1) "THE CONFIGURATION FILE FORMAT"; tor's doc/torrc_format.txt §1, and what tor 0.4.9.11 does where they are silent.
import { TorError } from '../error.ts';
import { isSpace, withoutCarriageReturns } from './lexical.ts';
import { decodeQuoted } from './quoted.ts';

/** A line without an option. */
export interface TriviaNode {
  readonly kind: 'blank' | 'comment';
  /** From 1. */
  readonly line: number;
  /** The line with its newline, if it has one. */
  readonly raw: string;
}

/** One option with its value, over as many lines as it takes. Its text is `lead + gap + valueText + tail`. */
export interface OptionNode {
  readonly kind: 'option';
  /** The line it starts on, from 1. */
  readonly line: number;
  /** `+`: append to what torrc-defaults says; `/`: empty it; else replace. */
  readonly prefix: '' | '+' | '/';
  /** As written, without the prefix. `%include` is an option here too. */
  readonly name: string;
  /** Decoded, as tor sees it. Empty makes an option zero or nothing; after `/` tor sees that whatever stands there. */
  readonly value: string;
  /** Indentation, prefix and name. */
  readonly lead: string;
  /** Between name and value. */
  readonly gap: string;
  /** The value as written: quotes, escapes, continuation lines and the comments within them. */
  readonly valueText: string;
  /** Trailing space, comment, newline. */
  readonly tail: string;
}

export type TorrcNode = TriviaNode | OptionNode;

/** A parsed file. Immutable: edit.ts makes new ones. */
export interface Torrc {
  readonly nodes: readonly TorrcNode[];
}

/** The name that includes other files. tor compares it case-sensitively, unlike all others. */
export const includeName = '%include';

/**
 * Reads a torrc.
 *
 * @param source the file decoded as UTF-8
 * @throws TorError with the line: `torrc-unterminated-quote`, `torrc-bad-escape`, `torrc-excess-data`,
 *   `torrc-missing-name`, `torrc-missing-value`, `torrc-nul`, `torrc-byte-order-mark`
 * @example
 * const tree = parseTorrc('Nickname a # mine\n');
 * renderTorrc(tree); // 'Nickname a # mine\n'
 */
export function parseTorrc(source: string): Torrc {
  if (source.startsWith('\ufeff')) {
    throw syntaxError(1, 'byte-order-mark', 'the file starts with a byte order mark', 'Save it as UTF-8 without one.');
  }
  const clean = withoutCarriageReturns(source);
  const nul = clean.text.indexOf('\0');
  if (nul !== -1) {
    const hint = 'tor would silently ignore everything after it; remove it.';
    throw syntaxError(countLines(clean.text, 0, nul) + 1, 'nul', 'a NUL character', hint);
  }
  if (clean.text === '') return { nodes: source === '' ? [] : [{ kind: 'blank', line: 1, raw: source }] };

  const nodes: TorrcNode[] = [];
  for (let at = 0, line = 1; at < clean.text.length; ) {
    const spans = readEntry(clean.text, at, line);
    if (spans.kind === 'option') {
      const { prefix, name, value, leadEnd, gapEnd, valueEnd, end } = spans;
      nodes.push({
        kind: 'option',
        line,
        prefix,
        name,
        value,
        lead: clean.slice(at, leadEnd),
        gap: clean.slice(leadEnd, gapEnd),
        valueText: clean.slice(gapEnd, valueEnd),
        tail: clean.slice(valueEnd, end),
      });
    } else {
      nodes.push({ kind: spans.kind, line, raw: clean.slice(at, spans.end) });
    }
    line += countLines(clean.text, at, spans.end);
    at = spans.end;
  }
  return { nodes };
}

/** The file's text, byte for byte what was parsed. */
export function renderTorrc(tree: Torrc): string {
  return tree.nodes.map(renderNode).join('');
}

/** The text of one node with its newline. */
export function renderNode(node: TorrcNode): string {
  return node.kind === 'option' ? node.lead + node.gap + node.valueText + node.tail : node.raw;
}

/** The options of a file in their order, `%include` too. */
export function optionNodes(tree: Torrc): OptionNode[] {
  return tree.nodes.filter((node) => node.kind === 'option');
}

type Entry =
  | { kind: 'blank' | 'comment'; end: number }
  | {
      kind: 'option';
      prefix: '' | '+' | '/';
      name: string;
      value: string;
      leadEnd: number;
      gapEnd: number;
      valueEnd: number;
      end: number;
    };

/** Reads the line or option that starts at `start`; all positions are in the text without carriage returns. */
function readEntry(text: string, start: number, line: number): Entry {
  let at = start;
  while (at < text.length && text[at] !== '\n' && isSpace(text.charCodeAt(at))) at++;
  if (at === text.length || text[at] === '\n') return { kind: 'blank', end: afterLine(text, at) };
  if (text[at] === '#') return { kind: 'comment', end: afterLine(text, at) };

  const sign = text[at];
  const prefix = sign === '+' || sign === '/' ? sign : '';
  const nameStart = at + prefix.length;
  let leadEnd = nameStart;
  while (leadEnd < text.length && !endsName(text, leadEnd)) leadEnd++;
  const name = text.slice(nameStart, leadEnd);
  if (name === '') {
    throw syntaxError(line, 'missing-name', 'a line without an option name', 'Write OPTION VALUE, or remove the line.');
  }
  let gapEnd = leadEnd;
  while (text[gapEnd] === ' ' || text[gapEnd] === '\t') gapEnd++;

  const read = text[gapEnd] === '"' ? readQuoted : readPlain;
  const { value, valueEnd, end } = read(text, gapEnd, line);
  if (name === includeName && (value === '' || prefix === '/')) {
    throw syntaxError(line, 'missing-value', '%include names no file', 'Write %include PATH.');
  }
  return { kind: 'option', prefix, name, value: prefix === '/' ? '' : value, leadEnd, gapEnd, valueEnd, end };
}

function endsName(text: string, at: number): boolean {
  return isSpace(text.charCodeAt(at)) || text[at] === '#' || (text[at] === '\\' && text[at + 1] === '\n');
}

interface ValueSpan {
  value: string;
  valueEnd: number;
  end: number;
}

function readQuoted(text: string, start: number, line: number): ValueSpan {
  const { value, end: valueEnd } = decodeQuoted(text, start, line);
  let at = valueEnd;
  while (text[at] === ' ' || text[at] === '\t') at++;
  if (at < text.length && text[at] !== '#' && text[at] !== '\n') {
    const hint = 'Only a comment may follow the closing quote; write a quote inside a value as \\".';
    throw syntaxError(line, 'excess-data', 'something follows a quoted value', hint);
  }
  return { value, valueEnd, end: afterLine(text, at) };
}

/**
 * A value without quotes. `\` at the end of a line continues it; from then on a comment ends neither the value nor,
 * surprisingly, needs a `\` of its own: it is skipped together with its newline.
 */
function readPlain(text: string, start: number): ValueSpan {
  let at = start;
  let continued = false;
  while (at < text.length && text[at] !== '\n' && (continued || text[at] !== '#')) {
    if (text[at] === '\\' && text[at + 1] === '\n') {
      continued = true;
      at += 2;
    } else if (text[at] === '#') {
      at = afterLine(text, at);
    } else {
      at++;
    }
  }
  let valueEnd = at;
  while (valueEnd > start && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd--;
  const written = text.slice(start, valueEnd);
  const value = continued ? written.replace(/#[^\n]*\n?|\\\n/g, '') : written;
  return { value, valueEnd, end: afterLine(text, at) };
}

/** The position after the newline that ends the line of `at`. */
function afterLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline === -1 ? text.length : newline + 1;
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function syntaxError(line: number, problem: string, what: string, hint: string): TorError {
  return new TorError(`line ${line}: ${what}`, {
    kind: 'protocol',
    code: `torrc-${problem}`,
    place: 'config',
    line,
    hint,
  });
}
