// Sentences of a verdict on lines of a terminal. Pure.
import { wrap } from '../render/wrap.ts';

/** `struct NAME` stays on one line. */
export const indent = (text: string, width: number, by = '    ', rest = by): string[] =>
  wrap(text.replace(/\b(struct|union|enum|typedef) /g, '$1\u00a0'), width, { first: by, rest }).map((line) =>
    line.replaceAll('\u00a0', ' '),
  );
