// Base64 as descriptors have it: padded or not, and wrapped at 64 columns in objects.
import { hsdescError } from './problem.ts';

/**
 * Bytes in base64, with the padding or without it, in the one spelling that encoding gives.
 *
 * @param length how many bytes there must be; any number when left out
 * @param line for the error
 * @throws TorError `hsdesc-bad-value`
 */
export function decodeBase64(text: string | undefined, length: number | undefined, line: number): Uint8Array {
  const bare = text === undefined ? undefined : withoutPadding(text);
  const bytes = bare === undefined ? undefined : Buffer.from(bare, 'base64');
  if (bytes === undefined || encodeBase64(bytes, false) !== bare || (length !== undefined && bytes.length !== length)) {
    const wanted = length === undefined ? 'base64' : `${length} bytes in base64`;
    const found = text === undefined ? 'nothing' : JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
    throw hsdescError('bad-value', `expected ${wanted}, found ${found}`, line);
  }
  return new Uint8Array(bytes);
}

export function encodeBase64(bytes: Uint8Array, isPadded = true): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return isPadded ? text : withoutPadding(text);
}

/** No regular expression: one that ends in `$` would look at every character of a long text. */
function withoutPadding(text: string): string {
  if (!text.endsWith('=')) return text;
  return text.slice(0, text.endsWith('==') ? -2 : -1);
}

/** An object without a newline after it. */
export function renderObject(label: string, bytes: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${encodeBase64(bytes).replace(/.{1,64}/g, '$&\n')}-----END ${label}-----`;
}
