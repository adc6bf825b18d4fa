// What the readers of all three layers share.
import type { NetdocReader } from '../netdoc/reader.ts';

/** Moves to the next item; the empty text at the end. A function, as the compiler does not know that reading moves. */
export function nextKeyword(reader: NetdocReader): string {
  reader.next();
  return reader.keyword;
}

/** The item's keyword; the empty text at the end. */
export function keywordOf(reader: NetdocReader): string {
  return reader.keyword;
}
