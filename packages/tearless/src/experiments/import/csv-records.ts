// Lines into the fields of records. A line without a quote is cut at its delimiters; the others are read by papaparse, with the
// lines that follow as long as a quote stays open. A quote that is never closed costs its own line only.
import Papa from 'papaparse';
import { longestLine } from './text-lines.ts';

/** More lines than that are in no field. */
const mostLines = 50;

export interface RecordHandler {
  /** @param line where it begins, from 1 */
  record(fields: readonly string[], line: number): void;
  broken(line: number, why: string): void;
}

export class RecordReader {
  readonly #delimiter: string;
  readonly #handler: RecordHandler;
  #line = 0;
  #open: string[] = [];

  constructor(delimiter: string, handler: RecordHandler) {
    this.#delimiter = delimiter;
    this.#handler = handler;
  }

  /** Number of the line read last. */
  get line(): number {
    return this.#line;
  }

  feed(lines: readonly string[]): void {
    for (const text of lines) {
      this.#line += 1;
      this.#read(text, this.#line);
    }
  }

  /** Nothing follows: what is still open is broken. */
  end(): void {
    while (this.#open.length > 0) this.#giveUp(this.#line - this.#open.length + 1);
  }

  #read(text: string, line: number): void {
    if (text.length > longestLine) {
      // What is open before it was never closed.
      while (this.#open.length > 0) this.#giveUp(line - this.#open.length);
      this.#handler.broken(line, `it is longer than ${longestLine} characters`);
      return;
    }
    if (this.#open.length > 0) {
      this.#open.push(text);
      this.#parse(this.#open.join('\n'), line - this.#open.length + 1);
      if (this.#open.length > mostLines) this.#giveUp(line - this.#open.length + 1);
      return;
    }
    if (!text.includes('"')) {
      if (text !== '') this.#handler.record(text.split(this.#delimiter), line);
      return;
    }
    this.#open = [text];
    this.#parse(text, line);
  }

  /** Gives the record of `#open`, or leaves it open. */
  #parse(text: string, line: number): void {
    const parser = new Papa.Parser({ delimiter: this.#delimiter, newline: '\n' });
    const { data, errors } = parser.parse(text, 0, false) as {
      readonly data: readonly (readonly string[])[];
      readonly errors: readonly { readonly code: string }[];
    };
    if (errors.some(({ code }) => code === 'MissingQuotes')) return;
    this.#open = [];
    const [fields] = data;
    if (errors.length > 0 || fields === undefined || data.length > 1)
      this.#handler.broken(line, 'its quotes do not fit together');
    else this.#handler.record(fields, line);
  }

  /** The first open line is broken; those behind it are read for themselves. */
  #giveUp(line: number): void {
    const [, ...rest] = this.#open;
    this.#open = [];
    this.#handler.broken(line, 'it opens a quote that is never closed');
    for (const [index, text] of rest.entries()) this.#read(text, line + 1 + index);
  }
}
