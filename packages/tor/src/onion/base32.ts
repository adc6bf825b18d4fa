// Base32 of RFC 4648 §6 without padding, as onion addresses and client authorization files have it.
import { onionError } from './problem.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const values = new Map(Array.from(alphabet, (character, value) => [character, value]));

/**
 * @returns lower case
 * @example
 * encodeBase32(Buffer.from('tor')); // 'orxxe'
 */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    bitCount += 8;
    while (bitCount >= 5) {
      bitCount -= 5;
      text += alphabet[(bits >> bitCount) & 31];
    }
  }
  return bitCount === 0 ? text : text + alphabet[(bits << (5 - bitCount)) & 31];
}

/**
 * Takes either case, and only the one spelling that encodeBase32 gives.
 *
 * @throws TorError `onion-bad-base32`; the text is not in the message, as it may be a secret
 */
export function decodeBase32(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (const character of text.toLowerCase()) {
    const value = values.get(character);
    if (value === undefined) throw badBase32(`the character ${length * 8 + bitCount} bits in is none of a-z and 2-7`);
    bits = ((bits << 5) | value) & 0xfff;
    bitCount += 5;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[length++] = bits >> bitCount;
    }
  }
  if (bitCount >= 5) throw badBase32('a character too many');
  if ((bits & ((1 << bitCount) - 1)) !== 0) throw badBase32('bits after its end');
  return bytes;
}

function badBase32(why: string) {
  return onionError('bad-base32', `not base32: ${why}`);
}
