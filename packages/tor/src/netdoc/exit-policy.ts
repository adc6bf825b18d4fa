// The exit policy of a server descriptor: rules with addresses and ports, first match wins. dir-spec §2.1.1 "accept",
// "reject"; §2.1.3 "exitpattern". The summaries of consensus and microdescriptors are port-policy.ts.
import { parseIpv4Bytes, parseIpv6Bytes } from './fields.ts';
import { netdocError, show } from './reader.ts';

export interface ExitRule {
  readonly kind: 'accept' | 'reject';
  /** Network address, 4 or 16 bytes; null for `*`. */
  readonly address: Uint8Array | null;
  /** Leading bits that must agree. */
  readonly prefixBits: number;
  /** Both ends included. A port 0 is accepted, as old relays write it, and never matches. */
  readonly fromPort: number;
  readonly toPort: number;
}

/**
 * Reads one rule's pattern: `*:80`, `10.0.0.0/8:*`, `[2001:db8::]/32:20-23`.
 *
 * @throws TorError `netdoc-bad-policy`
 */
export function parseExitRule(kind: 'accept' | 'reject', pattern: string, line = 1): ExitRule {
  const match = /^(\*|\[[^\]]*\]|[0-9.]+)(?:\/([0-9.]+))?:(\*|\d{1,5})(?:-(\d{1,5}))?$/.exec(pattern);
  const [, host = '', mask, first = '', last] = match ?? [];
  if (match === null || (host === '*' && mask !== undefined) || (first === '*' && last !== undefined)) {
    throw badRule(line, pattern);
  }
  const fromPort = first === '*' ? 1 : Number(first);
  const toPort = first === '*' ? 65_535 : Number(last ?? first);
  if (toPort < fromPort || toPort > 65_535) throw badRule(line, pattern);
  if (host === '*') return { kind, address: null, prefixBits: 0, fromPort, toPort };
  const address = host.startsWith('[') ? parseIpv6Bytes(host.slice(1, -1)) : parseIpv4Bytes(host);
  const prefixBits = address === null ? null : parseMask(mask, address.length * 8);
  if (address === null || prefixBits === null) throw badRule(line, pattern);
  return { kind, address, prefixBits, fromPort, toPort };
}

/** The pattern of a rule, a mask always as a number of bits. */
export function renderExitRule({ kind, address, prefixBits, fromPort, toPort }: ExitRule): string {
  const ports =
    fromPort === 1 && toPort === 65_535 ? '*' : fromPort === toPort ? `${fromPort}` : `${fromPort}-${toPort}`;
  if (address === null) return `${kind} *:${ports}`;
  const host = address.length === 4 ? address.join('.') : `[${renderIpv6(address)}]`;
  return `${kind} ${host}${prefixBits === address.length * 8 ? '' : `/${prefixBits}`}:${ports}`;
}

/**
 * Whether a stream to this address and port would be let out. Rules are tried in order; where none matches, it is.
 *
 * @param address IPv4, or IPv6 without brackets
 * @throws RangeError when `address` is neither
 */
export function allowsExit(rules: readonly ExitRule[], address: string, port: number): boolean {
  const bytes = parseIpv4Bytes(address) ?? parseIpv6Bytes(address);
  if (bytes === null) throw new RangeError(`${show(address)} is not an IP address`);
  if (port === 0) return false;
  const rule = rules.find((candidate) => covers(candidate, bytes, port));
  return rule === undefined || rule.kind === 'accept';
}

function covers(rule: ExitRule, bytes: Uint8Array, port: number): boolean {
  if (port < rule.fromPort || port > rule.toPort) return false;
  const { address, prefixBits } = rule;
  if (address === null) return true;
  if (address.length !== bytes.length) return false;
  for (let bit = 0; bit < prefixBits; bit += 8) {
    const mask = 0xff & (0xff00 >> Math.min(8, prefixBits - bit));
    const [a = 0, b = 0] = [address[bit >> 3], bytes[bit >> 3]];
    if (((a ^ b) & mask) !== 0) return false;
  }
  return true;
}

/** Bits of `/8` or, for IPv4, of `/255.0.0.0`; null when it is no mask. */
function parseMask(mask: string | undefined, bits: number): number | null {
  if (mask === undefined) return bits;
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= bits ? Number(mask) : null;
  const quad = bits === 32 ? parseIpv4Bytes(mask) : null;
  if (quad === null) return null;
  const binary = Array.from(quad, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(binary) ? binary.lastIndexOf('1') + 1 : null;
}

function renderIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return groups.join(':');
}

function badRule(line: number, pattern: string) {
  return netdocError(line, 'bad-policy', `expected ADDRESS:PORT, found ${show(pattern)}`);
}
