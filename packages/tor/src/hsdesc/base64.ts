// Base64 as descriptors have it: padded or not, and wrapped at 64 columns in objects.
import { hsdescError } from './problem.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Value of a character by code, 64 for those that are none of base64. */
const values = new Uint8Array(65_536).fill(64);
for (const [value, character] of Array.from(alphabet).entries()) values[character.charCodeAt(0)] = value;

/**
 * Bytes in base64, with the padding or without it, in the one spelling that encoding gives. Written out because the lines
 * of a descriptor hold half a hundred of a few bytes each; objects are read by NetdocReader.objectBytes.
 *
 * @param length how many bytes there must be; any number when left out
 * @param line for the error
 * @throws TorError `hsdesc-bad-value`
 */
export function decodeBase64(text: string | undefined, length: number | undefined, line: number): Uint8Array {
  if (text === undefined) throw badBase64(text, length, line);
  const end = text.endsWith('=') ? text.length - (text.endsWith('==') ? 2 : 1) : text.length;
  const count = Math.floor((end * 6) / 8);
  const isPaddedRight = end === text.length || (text.length % 4 === 0 && end % 4 !== 0);
  if (!isPaddedRight || end % 4 === 1 || (length !== undefined && count !== length)) {
    throw badBase64(text, length, line);
  }
  const bytes = new Uint8Array(count);
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (let i = 0; i < end; i++) {
    const value = values[text.charCodeAt(i)] ?? 64;
    if (value === 64) throw badBase64(text, length, line);
    bits = ((bits << 6) | value) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[at++] = bits >> bitCount;
  }
  if ((bits & ((1 << bitCount) - 1)) !== 0) throw badBase64(text, length, line);
  return bytes;
}

export function encodeBase64(bytes: Uint8Array, isPadded = true): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return isPadded || !text.endsWith('=') ? text : text.slice(0, text.endsWith('==') ? -2 : -1);
}

/** An object without a newline after it. */
export function renderObject(label: string, bytes: Uint8Array): string {
  const base64 = encodeBase64(bytes);
  let lines = '';
  for (let at = 0; at < base64.length; at += 64) lines += `${base64.slice(at, at + 64)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----`;
}

function badBase64(text: string | undefined, length: number | undefined, line: number) {
  const wanted = length === undefined ? 'base64' : `${length} bytes in base64`;
  const found = text === undefined ? 'nothing' : JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return hsdescError('bad-value', `expected ${wanted}, found ${found}`, line);
}
