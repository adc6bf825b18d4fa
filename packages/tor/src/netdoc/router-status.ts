// One relay's entry in a consensus, and the same lines as GETINFO ns/… gives them. dir-spec §3.4.1 "Each router status
// entry"; control-spec §3.9 "ns/id/". Entries of votes are not read here.
import {
  parseAddressPort,
  parseBase64Digest,
  parseBase64Key,
  parseIpv4,
  parseNickname,
  parseNumber,
  parsePort,
  parseTime,
  renderTime,
} from './fields.ts';
import { type PortPolicy, parsePortPolicy, renderPortPolicy } from './port-policy.ts';
import { type Protocols, parseProtocols, renderProtocols } from './protocols.ts';
import { NetdocReader, netdocError } from './reader.ts';

/** The two consensus flavours: `ns` names descriptors, `microdesc` names microdescriptors. */
export type Flavor = 'ns' | 'microdesc';

/** A relay as a consensus lists it. Lists and policies are shared between relays that have the same. */
export interface RouterStatus {
  readonly nickname: string;
  /** RSA identity digest, 40 upper-case hex digits. */
  readonly fingerprint: string;
  /** SHA-1 of the descriptor, 40 upper-case hex digits. Null in a microdesc consensus. */
  readonly descriptorDigest: string | null;
  /** SHA-256 of the microdescriptor, 43 base64 characters. Null in an ns consensus. */
  readonly microdescDigest: string | null;
  /** When the descriptor was published; 2038-01-01 in a microdesc consensus and in what GETINFO gives. */
  readonly publishedMs: number;
  readonly address: string;
  readonly orPort: number;
  /** 0: none. */
  readonly dirPort: number;
  /** Further addresses, `[2001:db8::1]:9001`. */
  readonly orAddresses: readonly string[];
  readonly flags: readonly string[];
  /** The `v` line: `Tor 0.4.9.11` for tor (see version.ts). Null when there is none. */
  readonly version: string | null;
  readonly protocols: Protocols | null;
  /** Consensus weight: kilobytes (1000 bytes) per second as measured, else as advertised and capped. */
  readonly bandwidthKb: number | null;
  /** The weight rests on fewer than three measurements. */
  readonly isUnmeasured: boolean;
  /** Null when the document does not say, as in a microdesc consensus. */
  readonly portPolicy: PortPolicy | null;
}

/** Remembers what parsing the same text gave before: thousands of relays share a few hundred distinct lines. */
export class StatusCache {
  readonly flags = new Map<string, readonly string[]>();
  readonly protocols = new Map<string, Protocols>();
  readonly policies = new Map<string, PortPolicy>();
  readonly versions = new Map<string, string>();
  timeText = '';
  timeMs = 0;
}

const noAddresses: readonly string[] = [];

/**
 * Reads the entry whose `r` line the reader stands on, and leaves the reader on the first item after it.
 *
 * @throws TorError with the line
 */
export function readRouterStatus(reader: NetdocReader, flavor: Flavor, cache: StatusCache): RouterStatus {
  const { line } = reader;
  const args = reader.args.split(' ');
  const shift = flavor === 'ns' ? 0 : -1;
  const publishedText = `${args[3 + shift]} ${args[4 + shift]}`;
  if (publishedText !== cache.timeText) {
    cache.timeMs = parseTime(args[3 + shift], args[4 + shift], line);
    cache.timeText = publishedText;
  }
  const nickname = parseNickname(args[0], line);
  const fingerprint = parseBase64Digest(args[1], line);
  const descriptorDigest = flavor === 'ns' ? parseBase64Digest(args[2], line) : null;
  const publishedMs = cache.timeMs;
  const address = parseIpv4(args[5 + shift], line);
  const orPort = parsePort(args[6 + shift], line);
  const dirPort = parsePort(args[7 + shift], line);

  let microdescDigest: string | null = null;
  let orAddresses = noAddresses;
  let flags: readonly string[] | null = null;
  let version: string | null = null;
  let protocols: Protocols | null = null;
  let bandwidthKb: number | null = null;
  let isUnmeasured = false;
  let portPolicy: PortPolicy | null = null;
  let more = reader.next();
  for (; more; more = reader.next()) {
    const { keyword } = reader;
    if (keyword === 'r' || keyword === 'directory-footer' || keyword === 'directory-signature') break;
    switch (keyword) {
      case 's':
        if (flags !== null) throw twice(reader);
        flags = remember(cache.flags, reader.args, splitWords);
        break;
      case 'v':
        if (version !== null) throw twice(reader);
        version = remember(cache.versions, reader.args, String);
        break;
      case 'pr':
        if (protocols !== null) throw twice(reader);
        protocols = remember(cache.protocols, reader.args, (text) => parseProtocols(text, reader.line));
        break;
      case 'w': {
        if (bandwidthKb !== null) throw twice(reader);
        const text = reader.args;
        const end = text.indexOf(' ');
        if (!text.startsWith('Bandwidth=')) throw reader.error('bad-value', 'w does not begin with Bandwidth=');
        bandwidthKb = parseNumber(text.slice(10, end === -1 ? undefined : end), reader.line);
        isUnmeasured = end !== -1 && text.includes(' Unmeasured=1');
        break;
      }
      case 'p':
        if (portPolicy !== null) throw twice(reader);
        portPolicy = remember(cache.policies, reader.args, (text) => parsePortPolicy(text, reader.line));
        break;
      case 'm':
        if (flavor === 'ns') break;
        if (microdescDigest !== null) throw twice(reader);
        microdescDigest = parseBase64Key(reader.args, reader.line);
        break;
      case 'a':
        orAddresses = [...orAddresses, parseAddressPort(reader.args, reader.line)];
        break;
    }
  }
  if (flags === null) throw missing(line, nickname, 's');
  if (flavor === 'microdesc' && microdescDigest === null) throw missing(line, nickname, 'm');
  return {
    nickname,
    fingerprint,
    descriptorDigest,
    microdescDigest,
    publishedMs,
    address,
    orPort,
    dirPort,
    orAddresses,
    flags,
    version,
    protocols,
    bandwidthKb,
    isUnmeasured,
    portPolicy,
  };
}

/**
 * Reads what `GETINFO ns/all`, `ns/id/…`, `ns/name/…` and NS events give: entries without a document around them.
 * They have the form of the ns flavour whatever consensus tor uses; an `m` line and a digest in its place are read too.
 *
 * @throws TorError with the line
 * @example
 * parseRouterStatuses('r a KX7fiXTiTsIckieXNrVwUNfNbsE z9vakUrp6ocb9MhYYAgO7d/UnRA 2038-01-01 00:00:00 10.0.0.1 9001 0\ns Fast\n')[0]?.orPort; // 9001
 */
export function parseRouterStatuses(text: string): RouterStatus[] {
  const reader = new NetdocReader(text);
  const cache = new StatusCache();
  const statuses: RouterStatus[] = [];
  reader.next();
  while (reader.keyword !== '') {
    if (reader.keyword !== 'r') throw reader.error('unexpected', `expected an r line, found ${reader.keyword}`);
    const flavor = reader.args.split(' ', 8).length === 8 ? 'ns' : 'microdesc';
    statuses.push(readRouterStatus(reader, flavor, cache));
  }
  return statuses;
}

/** The entry's lines in the order of the specification. */
export function renderRouterStatus(status: RouterStatus): string {
  const { descriptorDigest, microdescDigest, orAddresses, version, protocols, bandwidthKb, portPolicy } = status;
  const digest = descriptorDigest === null ? '' : `${hexToBase64(descriptorDigest)} `;
  const identity = hexToBase64(status.fingerprint);
  const address = `${status.address} ${status.orPort} ${status.dirPort}`;
  let text = `r ${status.nickname} ${identity} ${digest}${renderTime(status.publishedMs)} ${address}\n`;
  for (const orAddress of orAddresses) text += `a ${orAddress}\n`;
  if (microdescDigest !== null) text += `m ${microdescDigest}\n`;
  text += `s ${status.flags.join(' ')}\n`;
  if (version !== null) text += `v ${version}\n`;
  if (protocols !== null) text += `pr ${renderProtocols(protocols)}\n`;
  if (bandwidthKb !== null) text += `w Bandwidth=${bandwidthKb}${status.isUnmeasured ? ' Unmeasured=1' : ''}\n`;
  if (portPolicy !== null) text += `p ${renderPortPolicy(portPolicy)}\n`;
  return text;
}

/** Words between single spaces; none for the empty text. */
export function splitWords(text: string): readonly string[] {
  return text === '' ? [] : text.split(' ');
}

function remember<T>(known: Map<string, T>, text: string, parse: (text: string) => T): T {
  const before = known.get(text);
  if (before !== undefined) return before;
  const value = parse(text);
  known.set(text, value);
  return value;
}

function twice(reader: NetdocReader) {
  return reader.error('repeated', `a second ${reader.keyword} line for one relay`);
}

function missing(line: number, nickname: string, keyword: string) {
  return netdocError(line, 'missing', `${nickname} has no ${keyword} line`);
}

/** Base64 without padding. */
function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64').replace(/=+$/, '');
}
