// Walks a directory document item by item: keyword line, arguments, object. One cursor, no object per line.
// Knows the meta-format only; what keywords mean is the readers' business. dir-spec §1.2.
import { TorError } from '../error.ts';

const newline = 0x0a;
const space = 0x20;
const tab = 0x09;
const dash = 0x2d;
const at = 0x40;
const beginMark = '-----BEGIN ';
const endMark = '-----END ';
const markEnd = '-----';

/** An object of a document. */
export interface NetdocObject {
  /** For example `RSA PUBLIC KEY`. */
  readonly label: string;
  /** Base64 without line breaks, padding as it stood. */
  readonly base64: string;
}

/**
 * A cursor over a document. `next()` moves to the next item; the fields then describe it. Blank lines are skipped, as
 * are objects nobody asked for.
 */
export class NetdocReader {
  readonly text: string;
  /** Keyword of the item; annotations of tor's caches (`@source`) keep their `@`. */
  keyword = '';
  /** Line of the item's keyword, from 1. */
  line = 0;
  /** Position of the item's first character. */
  start = 0;
  /** Position after the newline that ends the keyword line. */
  lineEnd = 0;
  #argsStart = 0;
  #argsEnd = 0;
  /** Where reading goes on, and the line number there. */
  #position = 0;
  #nextLine = 1;
  readonly #allowAnnotations: boolean;

  /**
   * @param allowAnnotations lines that begin with `@`, as tor puts them into its cache files
   * @throws TorError `netdoc-bad-character` for NUL and CR, which no document contains
   */
  constructor(text: string, allowAnnotations = false) {
    this.text = text;
    this.#allowAnnotations = allowAnnotations;
    for (const [character, name] of [
      ['\0', 'a NUL'],
      ['\r', 'a carriage return'],
    ] as const) {
      const found = text.indexOf(character);
      if (found === -1) continue;
      const line = text.slice(0, found).split('\n').length;
      throw netdocError(
        line,
        'bad-character',
        `${name} in a directory document`,
        'Lines end in LF alone (dir-spec §1.2).',
      );
    }
  }

  /**
   * Moves to the next item.
   *
   * @returns false at the end of the document
   * @throws TorError `netdoc-bad-line`, `netdoc-bad-object`
   */
  next(): boolean {
    const { text } = this;
    let position = this.#position;
    let line = this.#nextLine;
    while (position < text.length) {
      const first = text.charCodeAt(position);
      if (first === newline) {
        position++;
        line++;
      } else if (first === dash && this.keyword !== '') {
        this.#position = position;
        this.#nextLine = line;
        this.#readObject();
        position = this.#position;
        line = this.#nextLine;
      } else {
        this.#readKeywordLine(position, line);
        return true;
      }
    }
    this.#position = position;
    this.#nextLine = line;
    this.keyword = '';
    this.start = position;
    this.line = line;
    return false;
  }

  /** The arguments as one text, without the space before them. */
  get args(): string {
    return this.text.slice(this.#argsStart, this.#argsEnd);
  }

  /**
   * The object that follows the item, which must have the given label.
   *
   * @throws TorError `netdoc-bad-object` when there is none, it has another label or does not end
   */
  object(label: string): NetdocObject {
    const object = this.optionalObject(label);
    if (object === null) throw this.error('bad-object', `${this.keyword} needs a ${label} object`);
    return object;
  }

  /**
   * The bytes of the object that follows the item, which must have the given label. Quicker than `object` for large ones.
   *
   * @throws TorError `netdoc-bad-object` as `object`, and when it is not in the one spelling that encoding gives
   */
  objectBytes(label: string): Uint8Array {
    if (this.text.charCodeAt(this.#position) !== dash)
      throw this.error('bad-object', `${this.keyword} needs a ${label} object`);
    const line = this.#nextLine;
    const found = this.#readBody();
    if (found.label !== label) {
      throw this.error('bad-object', `${this.keyword} is followed by ${show(found.label)}, not by ${label}`);
    }
    const bytes = decodeWrapped(found.body) ?? decodeStrictly(found.body.replaceAll('\n', ''));
    if (bytes === undefined) throw netdocError(line, 'bad-object', `the ${label} object is not base64`);
    // Small buffers are pieces of one that others share; a large one has its memory for itself.
    return bytes.length === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
  }

  /** Like `object`, but null when no object follows. */
  optionalObject(label: string): NetdocObject | null {
    if (this.text.charCodeAt(this.#position) !== dash) return null;
    const object = this.#readObject();
    if (object.label === label) return object;
    throw this.error('bad-object', `${this.keyword} is followed by ${show(object.label)}, not by ${label}`);
  }

  /** An error about the current item. */
  error(problem: string, what: string): TorError {
    return netdocError(this.line, problem, what);
  }

  #readKeywordLine(position: number, line: number): void {
    const { text } = this;
    const found = text.indexOf('\n', position);
    const end = found === -1 ? text.length : found;
    let keywordEnd = position;
    if (this.#allowAnnotations && text.charCodeAt(position) === at) keywordEnd++;
    while (keywordEnd < end && isKeywordChar(text.charCodeAt(keywordEnd))) keywordEnd++;
    let argsStart = keywordEnd;
    while (argsStart < end && isBlank(text.charCodeAt(argsStart))) argsStart++;
    if (
      keywordEnd === position ||
      (argsStart === keywordEnd && argsStart < end) ||
      text.charCodeAt(position) === dash
    ) {
      throw netdocError(line, 'bad-line', `expected a keyword, found ${show(text.slice(position, end))}`);
    }
    this.keyword = text.slice(position, keywordEnd);
    this.line = line;
    this.start = position;
    this.#argsStart = argsStart;
    this.#argsEnd = end;
    this.lineEnd = found === -1 ? end : end + 1;
    this.#position = this.lineEnd;
    this.#nextLine = found === -1 ? line : line + 1;
  }

  /** Reads the object at the current position and moves behind it. */
  #readObject(): NetdocObject {
    const line = this.#nextLine;
    const { label, body } = this.#readBody();
    const base64 = body.replaceAll('\n', '');
    if (!isBase64(base64)) throw netdocError(line, 'bad-object', `the ${label} object is not base64`);
    return { label, base64 };
  }

  /** Moves behind the object; what its lines hold is not looked at. */
  #readBody(): { readonly label: string; readonly body: string } {
    const { text } = this;
    const begin = this.#position;
    const line = this.#nextLine;
    const beginEnd = text.indexOf('\n', begin);
    const beginLine = text.slice(begin, beginEnd === -1 ? text.length : beginEnd);
    const label = beginLine.slice(beginMark.length, -markEnd.length);
    if (!beginLine.startsWith(beginMark) || !beginLine.endsWith(markEnd) || label === '' || beginEnd === -1) {
      throw netdocError(line, 'bad-object', `expected "${beginMark}LABEL${markEnd}", found ${show(beginLine)}`);
    }
    const closing = `\n${endMark}${label}${markEnd}`;
    // The body may be empty, so the newline of the first line may be the one before the last.
    const bodyEnd = text.indexOf(closing, beginEnd);
    const after = bodyEnd + closing.length;
    const body = bodyEnd === -1 ? '' : text.slice(beginEnd + 1, bodyEnd);
    if (bodyEnd === -1 || (after < text.length && text.charCodeAt(after) !== newline) || body.includes('-')) {
      throw netdocError(line, 'bad-object', `the ${label} object does not end`);
    }
    this.#position = Math.min(after + 1, text.length);
    // The newlines of the body, of the line before it, and of the two after.
    const ended = after < text.length ? 1 : 0;
    this.#nextLine = line + (bodyEnd === beginEnd ? 1 : countNewlines(body) + 2) + ended;
    return { label, body };
  }
}

/** @param problem becomes the error code `netdoc-PROBLEM` */
export function netdocError(line: number, problem: string, what: string, hint?: string): TorError {
  return new TorError(`line ${line}: ${what}`, {
    kind: 'protocol',
    code: `netdoc-${problem}`,
    place: 'network',
    line,
    hint,
  });
}

/** A piece of a foreign text, short enough for a message. */
export function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function isKeywordChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === dash
  );
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}

/** By code: 1 for the characters of base64 without padding. */
const base64Codes = new Uint8Array(65_536);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') {
  base64Codes[character.charCodeAt(0)] = 1;
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

const columns = 64;

/**
 * Base64 in full lines as tor writes it, which spares taking the lines together. Undefined for whatever is not in exactly
 * that form: the decoder passes over what is no base64, so what it passed over would be missing in the length.
 */
function decodeWrapped(body: string): Buffer | undefined {
  const bytes = Buffer.from(body, 'base64');
  const characters = Math.ceil(bytes.length / 3) * 4;
  if (body.length !== characters + Math.ceil(characters / columns) - 1) return undefined;
  for (let i = columns; i < body.length; i += columns + 1) if (body.charCodeAt(i) !== newline) return undefined;
  // It takes the alphabet of URLs too; and the last character may hold bits that are lost.
  if (body.includes('_') || body.includes('-')) return undefined;
  const lastGroup = bytes.subarray(characters * 0.75 - 3).toString('base64');
  return body.endsWith(lastGroup) ? bytes : undefined;
}

/** @param base64 without newlines */
function decodeStrictly(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const encoded = bytes.toString('base64');
  return encoded === base64 || encoded.replace(/=+$/, '') === base64 ? bytes : undefined;
}

/** A table, as the processor cannot foresee which of a character class's ranges the next random character is in. */
function isBase64(text: string): boolean {
  const end = text.length - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
  for (let i = 0; i < end; i++) if (base64Codes[text.charCodeAt(i)] !== 1) return false;
  return true;
}
