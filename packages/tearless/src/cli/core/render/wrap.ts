// Sentences broken at blanks, for a terminal. What is styled counts by what is seen of it.
import { stripVTControlCharacters } from 'node:util';

/** Lines longer than this are hard to read, however wide the terminal is. */
const widest = 110;

/** The width to write sentences in. @param columns of the terminal */
export const textWidth = (columns: number): number => Math.max(40, Math.min(columns, widest));

export interface Indent {
  /** Before the first line. */
  readonly first?: string;
  /** Before every other; default: as `first`. */
  readonly rest?: string;
}

/** A word that is longer than a line keeps a line of its own, whole, so that it can be copied. */
export const wrap = (text: string, width: number, { first = '', rest = first }: Indent = {}): string[] => {
  const lines: string[] = [];
  let line = first;
  let length = first.length;
  let empty = true;
  for (const word of text.split(' ')) {
    const size = stripVTControlCharacters(word).length;
    if (!empty && length + 1 + size > width) {
      lines.push(line);
      line = rest;
      length = rest.length;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    length += size + (empty ? 0 : 1);
    empty = false;
  }
  return [...lines, line];
};
