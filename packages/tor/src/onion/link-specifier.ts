// Link specifiers: how to reach a relay, as introduction points name theirs. tor-spec §5.1.2, rend-spec-v3 §0.4.
import { parseIpv4Bytes, parseIpv6Bytes } from '../netdoc/fields.ts';
import { onionError, requireLength } from './problem.ts';

export type LinkSpecifier =
  | { readonly kind: 'ipv4'; readonly address: string; readonly port: number }
  /** Without brackets, as renderIpv6 spells it. */
  | { readonly kind: 'ipv6'; readonly address: string; readonly port: number }
  /** RSA identity digest, 40 upper-case hex digits. */
  | { readonly kind: 'rsa-id'; readonly fingerprint: string }
  /** 32 bytes. */
  | { readonly kind: 'ed25519-id'; readonly id: Uint8Array }
  /** Of a type that is not known here; to be passed on as it is. */
  | { readonly kind: 'other'; readonly type: number; readonly data: Uint8Array };

const types = { ipv4: 0, ipv6: 1, 'rsa-id': 2, 'ed25519-id': 3 } as const;
const lengths: readonly number[] = [6, 18, 20, 32];
const noData = new Uint8Array(0);

/**
 * @param bytes a count, then type, length and data of each
 * @throws TorError `onion-bad-link-specifiers`
 */
export function decodeLinkSpecifiers(bytes: Uint8Array): LinkSpecifier[] {
  const count = bytes[0];
  if (count === undefined) throw badSpecifiers('there is not even their number');
  const specifiers: LinkSpecifier[] = [];
  let at = 1;
  for (let i = 0; i < count; i++) {
    const type = bytes[at];
    const length = bytes[at + 1];
    if (type === undefined || length === undefined || at + 2 + length > bytes.length) {
      throw badSpecifiers(`specifier ${i + 1} of ${count} is cut off`);
    }
    // A copy: it must not change with the caller’s memory.
    specifiers.push(decodeOne(type, Uint8Array.prototype.slice.call(bytes, at + 2, at + 2 + length)));
    at += 2 + length;
  }
  if (at !== bytes.length) throw badSpecifiers(`${bytes.length - at} bytes follow the last`);
  return specifiers;
}

/**
 * The inverse of decodeLinkSpecifiers.
 *
 * @throws TorError `onion-bad-link-specifiers` for what the format cannot hold
 */
export function encodeLinkSpecifiers(specifiers: readonly LinkSpecifier[]): Uint8Array {
  if (specifiers.length > 255) throw badSpecifiers(`${specifiers.length} are more than 255`);
  const parts = specifiers.map(encodeData);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + 2 + length, 1));
  bytes[0] = specifiers.length;
  let at = 1;
  for (const [index, specifier] of specifiers.entries()) {
    const data = parts[index] ?? noData;
    if (data.length > 255) throw badSpecifiers('one has more than 255 bytes');
    bytes[at] = specifier.kind === 'other' ? specifier.type : types[specifier.kind];
    bytes[at + 1] = data.length;
    bytes.set(data, at + 2);
    at += 2 + data.length;
  }
  return bytes;
}

/**
 * The spelling of RFC 5952: lower case, the longest run of zero groups as `::`.
 *
 * @param bytes 16 bytes
 * @example
 * renderIpv6(parseIpv6Bytes('2001:db8:0:0::1')); // '2001:db8::1'
 */
export function renderIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (from: number, to?: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return best.length === 1 ? hex(0) : `${hex(0, best.start)}::${hex(best.start + best.length)}`;
}

function decodeOne(type: number, data: Uint8Array): LinkSpecifier {
  const expected = lengths[type];
  if (expected === undefined) return { kind: 'other', type, data: plainBytes(data) };
  if (data.length !== expected) throw badSpecifiers(`one of type ${type} has ${expected} bytes, not ${data.length}`);
  const port = ((data[expected - 2] ?? 0) << 8) | (data[expected - 1] ?? 0);
  switch (type) {
    case types.ipv4:
      return { kind: 'ipv4', address: `${data[0]}.${data[1]}.${data[2]}.${data[3]}`, port };
    case types.ipv6:
      return { kind: 'ipv6', address: renderIpv6(data), port };
    case types['rsa-id']:
      return { kind: 'rsa-id', fingerprint: Buffer.from(data).toString('hex').toUpperCase() };
    default:
      return { kind: 'ed25519-id', id: plainBytes(data) };
  }
}

/** Slices of a Buffer are Buffers, which compare as different. */
const plainBytes = (bytes: Uint8Array): Uint8Array => (Buffer.isBuffer(bytes) ? new Uint8Array(bytes) : bytes);

function encodeData(specifier: LinkSpecifier): Uint8Array {
  switch (specifier.kind) {
    case 'ipv4':
    case 'ipv6': {
      const { kind, address, port } = specifier;
      const bytes = kind === 'ipv4' ? parseIpv4Bytes(address) : parseIpv6Bytes(address);
      if (bytes === null) throw badSpecifiers(`${JSON.stringify(address)} is not an ${kind} address`);
      if (!Number.isInteger(port) || port < 0 || port > 65_535) throw badSpecifiers(`${port} is not a port`);
      const data = new Uint8Array(bytes.length + 2);
      data.set(bytes);
      data[bytes.length] = port >> 8;
      data[bytes.length + 1] = port & 255;
      return data;
    }
    case 'rsa-id':
      if (!/^[0-9A-Fa-f]{40}$/.test(specifier.fingerprint)) throw badSpecifiers('a fingerprint has 40 hex digits');
      return Buffer.from(specifier.fingerprint, 'hex');
    case 'ed25519-id':
      return requireLength(specifier.id, 32, 'an Ed25519 identity');
    case 'other':
      if (lengths[specifier.type] !== undefined) throw badSpecifiers(`type ${specifier.type} has a kind of its own`);
      return specifier.data;
  }
}

function badSpecifiers(why: string) {
  return onionError('bad-link-specifiers', `link specifiers: ${why}`);
}
