// The small values that stand in arguments: numbers, ports, addresses, times, digests. Each reader checks its form and
// throws with the line. dir-spec §2.1.3 "Nonterminals in server descriptors".
import { netdocError, show } from './reader.ts';

/** A whole number from 0 to `max`, digits only. */
export function parseNumber(text: string | undefined, line: number, max = Number.MAX_SAFE_INTEGER): number {
  if (text === undefined || text.length === 0 || text.length > 16) throw badField(line, 'a number', text);
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) throw badField(line, 'a number', text);
    value = value * 10 + digit;
  }
  if (value > max) throw badField(line, `a number up to ${max}`, text);
  return value;
}

/** A port, 0 for none. */
export function parsePort(text: string | undefined, line: number): number {
  return parseNumber(text, line, 65_535);
}

/** 1 to 19 letters and digits. */
export function parseNickname(text: string | undefined, line: number): string {
  if (text === undefined || text.length === 0 || text.length > 19) throw badField(line, 'a nickname', text);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const fits = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
    if (!fits) throw badField(line, 'a nickname', text);
  }
  return text;
}

/** `YYYY-MM-DD` and `HH:MM:SS`, UTC, as milliseconds since the epoch. */
export function parseTime(date: string | undefined, time: string | undefined, line: number): number {
  if (
    date?.length !== 10 ||
    time?.length !== 8 ||
    date[4] !== '-' ||
    date[7] !== '-' ||
    time[2] !== ':' ||
    time[5] !== ':'
  ) {
    throw badField(line, 'a time YYYY-MM-DD HH:MM:SS', [date, time].filter((part) => part !== undefined).join(' '));
  }
  const year = parseNumber(date.slice(0, 4), line);
  const month = parseNumber(date.slice(5, 7), line);
  const day = parseNumber(date.slice(8), line);
  const hour = parseNumber(time.slice(0, 2), line, 23);
  const minute = parseNumber(time.slice(3, 5), line, 59);
  // tor accepts leap seconds (60) as well.
  const second = parseNumber(time.slice(6), line, 60);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    throw badField(line, 'a time that exists', `${date} ${time}`);
  }
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** The inverse of parseTime. */
export function renderTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Hex of a fixed number of digits, as upper case. */
export function parseHex(text: string | undefined, digits: number, line: number): string {
  if (text?.length !== digits || !/^[0-9A-Fa-f]*$/.test(text)) throw badField(line, `${digits} hex digits`, text);
  return text.toUpperCase();
}

const colon = 0x3a;
const dot = 0x2e;

/** Value of a base64 character by code, 255 for others. */
const base64Values = new Uint8Array(256).fill(255);
for (const [value, character] of Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
).entries()) {
  base64Values[character.charCodeAt(0)] = value;
}

const digestBytes = Buffer.alloc(20);

/**
 * The 27 base64 characters of a SHA-1 digest as 40 upper-case hex digits.
 * Written out because a consensus holds twenty thousand of them.
 */
export function parseBase64Digest(text: string | undefined, line: number): string {
  if (text?.length !== 27) throw badField(line, 'a base64 digest of 27 characters', text);
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (let i = 0; i < 27; i++) {
    const code = text.charCodeAt(i);
    const value = code < 256 ? (base64Values[code] ?? 255) : 255;
    if (value === 255) throw badField(line, 'a base64 digest of 27 characters', text);
    bits = ((bits << 6) | value) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      digestBytes[length++] = bits >> bitCount;
    }
  }
  if ((bits & 3) !== 0) throw badField(line, 'a base64 digest of 27 characters', text);
  return digestBytes.toString('hex').toUpperCase();
}

/** 32 bytes in base64, returned as 43 characters without the padding that may stand there. */
export function parseBase64Key(text: string | undefined, line: number): string {
  const bare = text?.length === 44 && text.endsWith('=') ? text.slice(0, 43) : text;
  // The last character carries four bits: the two below them are zero in the one canonical spelling.
  if (bare?.length !== 43) throw badField(line, '32 bytes in base64', text);
  let value = 0;
  for (let i = 0; i < 43 && value < 64; i++) {
    const code = bare.charCodeAt(i);
    value = code < 256 ? (base64Values[code] ?? 255) : 255;
  }
  if (value > 63 || (value & 3) !== 0) throw badField(line, '32 bytes in base64', text);
  return bare;
}

/** Dotted quad without leading zeros. */
export function parseIpv4(text: string | undefined, line: number): string {
  if (text === undefined || !isIpv4(text)) throw badField(line, 'an IPv4 address', text);
  return text;
}

function isIpv4(text: string): boolean {
  if (text.length < 7 || text.length > 15) return false;
  let value = -1;
  let digits = 0;
  let parts = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? dot : text.charCodeAt(i);
    if (code === dot) {
      if (value < 0 || value > 255) return false;
      parts++;
      value = -1;
      digits = 0;
    } else {
      const digit = code - 0x30;
      if (digit < 0 || digit > 9 || value === 0 || ++digits > 3) return false;
      value = (value < 0 ? 0 : value) * 10 + digit;
    }
  }
  return parts === 4;
}

/** `ADDRESS:PORT`, an IPv6 address in brackets; checked and returned as it stands. */
export function parseAddressPort(text: string | undefined, line: number): string {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]+)):(\d{1,5})$/.exec(text ?? '');
  const [, ipv6, ipv4, port] = match ?? [];
  if (match === null || (ipv4 !== undefined && !isIpv4(ipv4)) || (ipv6 !== undefined && !isIpv6(ipv6))) {
    throw badField(line, 'an address and port', text);
  }
  parsePort(port, line);
  return match[0];
}

/** Whether this is an IPv6 address without brackets (RFC 4291 §2.2). Allocates nothing: consensuses have thousands. */
function isIpv6(text: string): boolean {
  let groups = 0;
  let digits = 0;
  let gap = text.startsWith('::');
  if (!gap && text.startsWith(':')) return false;
  for (let i = gap ? 2 : 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isHexDigit(code)) {
      if (++digits > 4) return false;
      if (digits === 1) groups++;
    } else if (code === colon && digits > 0) {
      digits = 0;
      const doubled = text.charCodeAt(i + 1) === colon;
      if (doubled ? gap : i === text.length - 1) return false;
      if (doubled) {
        gap = true;
        i++;
      }
    } else {
      // A dotted quad may stand for the last two groups; its first number was counted as a group.
      const lastColon = text.lastIndexOf(':');
      return (
        code === dot && lastColon < i && isIpv4(text.slice(lastColon + 1)) && (gap ? groups + 1 < 8 : groups + 1 === 8)
      );
    }
  }
  return gap ? groups < 8 : groups === 8;
}

function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
}

/** The 16 bytes of an IPv6 address without brackets, or null. */
export function parseIpv6Bytes(text: string): Uint8Array | null {
  if (!isIpv6(text)) return null;
  const quad = /[0-9.]*\.[0-9.]*$/.exec(text)?.[0];
  const [a = 0, b = 0, c = 0, d = 0] = (quad ?? '').split('.').map(Number);
  const hex =
    quad === undefined
      ? text
      : `${text.slice(0, -quad.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const [head = [], tail = []] = hex.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...head, ...new Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Uint8Array.from(
    groups.map((group) => Number.parseInt(group, 16)).flatMap((group) => [group >> 8, group & 255]),
  );
}

/** The four bytes of a dotted quad, or null. */
export function parseIpv4Bytes(text: string): Uint8Array | null {
  if (!isIpv4(text)) return null;
  const bytes = new Uint8Array(4);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot) at++;
    else bytes[at] = (bytes[at] ?? 0) * 10 + code - 0x30;
  }
  return bytes;
}

function badField(line: number, wanted: string, found: string | undefined) {
  return netdocError(line, 'bad-value', `expected ${wanted}, found ${found === undefined ? 'nothing' : show(found)}`);
}
