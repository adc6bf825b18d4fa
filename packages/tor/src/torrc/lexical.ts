// Characters as tor's configuration parser sees them, and carriage returns, which it drops wherever they stand.

/** Tab, newline, vertical tab, form feed, carriage return, space: C's isspace. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** A text without its carriage returns, and the way back to the original. */
export interface CleanText {
  readonly text: string;
  /** The piece of the original between two positions of `text`; pieces side by side leave nothing out. */
  readonly slice: (from: number, to: number) => string;
}

/**
 * tor removes every CR of a file before it looks at the rest, so `\` CR LF continues a line too.
 * A CR belongs to the piece of the character after it.
 */
export function withoutCarriageReturns(original: string): CleanText {
  if (!original.includes('\r')) return { text: original, slice: (from, to) => original.slice(from, to) };
  const ends = new Uint32Array(original.length + 1);
  let text = '';
  let count = 0;
  for (let i = 0, from = 0; i <= original.length; i++) {
    if (i < original.length && original[i] !== '\r') {
      ends[++count] = i + 1;
      continue;
    }
    text += original.slice(from, i);
    from = i + 1;
  }
  ends[count] = count === 0 ? 0 : original.length;
  return {
    text,
    slice: (from, to) => original.slice(ends[from], to === text.length ? original.length : ends[to]),
  };
}
