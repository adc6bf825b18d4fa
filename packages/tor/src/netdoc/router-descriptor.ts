// A relay's own description of itself, the server descriptor: dir-spec §2.1.1; `family-cert` is from proposal 321.
// Reads; router-descriptor-signature.ts verifies.
import { hash } from 'node:crypto';
import { decodeEd25519Certificate, type Ed25519Certificate } from './ed25519-certificate.ts';
import { type ExitRule, parseExitRule } from './exit-policy.ts';
import {
  parseAddressPort,
  parseBase64Key,
  parseHex,
  parseIpv4,
  parseNickname,
  parseNumber,
  parsePort,
  parseTime,
} from './fields.ts';
import { type PortPolicy, parsePortPolicy } from './port-policy.ts';
import { type Protocols, parseProtocols } from './protocols.ts';
import { NetdocReader, netdocError, show } from './reader.ts';
import { splitWords } from './router-status.ts';

export interface RouterDescriptor {
  readonly nickname: string;
  readonly address: string;
  readonly orPort: number;
  /** 0: none. */
  readonly dirPort: number;
  /** Further addresses, `[2001:db8::1]:9001`. */
  readonly orAddresses: readonly string[];
  /** SHA-1 of the RSA identity key, 40 upper-case hex digits; checked against the `fingerprint` line. */
  readonly fingerprint: string;
  /** SHA-1 of what the RSA signature is over, hex: what an ns consensus calls the descriptor. */
  readonly digest: string;
  /** Ed25519 identity, 43 base64 characters. Null before tor 0.2.7. */
  readonly masterKeyEd25519: string | null;
  readonly identityCertificate: Ed25519Certificate | null;
  /** RSA identity key, DER in base64. */
  readonly signingKey: string;
  /** RSA key for the TAP handshake, DER in base64. Obsolete. */
  readonly onionKey: string | null;
  /** Curve25519, 43 base64 characters. */
  readonly ntorOnionKey: string | null;
  readonly publishedMs: number;
  /** `Tor 0.4.9.11 on Linux`; see parsePlatform in version.ts. */
  readonly platform: string | null;
  readonly protocols: Protocols | null;
  readonly bandwidth: RelayBandwidth;
  readonly isHibernating: boolean;
  /** Null when the descriptor does not say. */
  readonly uptimeSeconds: number | null;
  readonly contact: string | null;
  /** As written: `$FINGERPRINT`, with or without a name, or a nickname. */
  readonly family: readonly string[];
  /** One for each family key of the relay. */
  readonly familyCertificates: readonly Ed25519Certificate[];
  /** `ed25519:KEY` of each family certificate, as microdescriptors list them. */
  readonly familyIds: readonly string[];
  /** When the relay last saw itself overloaded, at the full hour; null when not in the last 72 hours. */
  readonly overloadedSinceMs: number | null;
  readonly isHsDir: boolean;
  /** Answers directory requests over its ORPort. */
  readonly isTunnelledDirServer: boolean;
  readonly cachesExtraInfo: boolean;
  /** In order; the first that matches decides. */
  readonly exitPolicy: readonly ExitRule[];
  /** Null: rejects all. */
  readonly ipv6Policy: PortPolicy | null;
  readonly extraInfoDigest: { readonly sha1: string; readonly sha256: string | null } | null;
  /** Bridges only. */
  readonly bridgeDistributionRequest: string | null;
  readonly signatures: {
    /** 128 bytes in base64. */
    readonly rsa: string;
    /** 64 bytes in base64 without padding, and the SHA-256 (base64) of what it is over. Null before tor 0.2.7. */
    readonly ed25519: { readonly signature: string; readonly signedDigest: string } | null;
  };
}

/** Bytes per second, as the relay claims. */
export interface RelayBandwidth {
  readonly averageBytes: number;
  readonly burstBytes: number;
  readonly observedBytes: number;
}

/**
 * Reads any number of descriptors: a directory's answer, `GETINFO desc/…`, or tor's cache files with annotations.
 * Unknown items are ignored. Signatures are not verified.
 *
 * @param text decoded as UTF-8
 * @throws TorError with the line: `netdoc-missing`, `netdoc-repeated`, `netdoc-unexpected`,
 *   `netdoc-bad-certificate`, `netdoc-fingerprint-mismatch`, and what the values' own readers throw
 */
export function parseRouterDescriptors(text: string): RouterDescriptor[] {
  const reader = new NetdocReader(text, true);
  const found: RouterDescriptor[] = [];
  reader.next();
  while (reader.keyword !== '') {
    if (reader.keyword.startsWith('@')) {
      reader.next();
      continue;
    }
    if (reader.keyword !== 'router') throw reader.error('unexpected', `expected router, found ${reader.keyword}`);
    found.push(readRouterDescriptor(reader));
  }
  return found;
}

const signaturePrefix = 'Tor router descriptor signature v1';
const onceOnly: ReadonlySet<string> = new Set([
  'identity-ed25519',
  'master-key-ed25519',
  'bandwidth',
  'platform',
  'published',
  'fingerprint',
  'hibernating',
  'uptime',
  'onion-key',
  'ntor-onion-key',
  'signing-key',
  'ipv6-policy',
  'overload-general',
  'router-sig-ed25519',
  'contact',
  'family',
  'proto',
  'extra-info-digest',
  'bridge-distribution-request',
]);

/** Reads the one whose `router` line the reader stands on, and leaves the reader on the first item after it. */
function readRouterDescriptor(reader: NetdocReader): RouterDescriptor {
  const { start, line: firstLine } = reader;
  const [nickname, address, orPort, , dirPort] = reader.args.split(' ');
  const router = {
    nickname: parseNickname(nickname, firstLine),
    address: parseIpv4(address, firstLine),
    orPort: parsePort(orPort, firstLine),
    dirPort: parsePort(dirPort, firstLine),
  };
  const seen = new Set<string>();
  const orAddresses: string[] = [];
  const exitPolicy: ExitRule[] = [];
  const familyCertificates: Ed25519Certificate[] = [];
  let identityCertificate: Ed25519Certificate | null = null;
  let masterKeyEd25519: string | null = null;
  let bandwidth: RelayBandwidth | null = null;
  let platform: string | null = null;
  let publishedMs: number | null = null;
  let statedFingerprint: string | null = null;
  let isHibernating = false;
  let uptimeSeconds: number | null = null;
  let onionKey: string | null = null;
  let ntorOnionKey: string | null = null;
  let signingKey: string | null = null;
  let ipv6Policy: PortPolicy | null = null;
  let overloadedSinceMs: number | null = null;
  let contact: string | null = null;
  let family: readonly string[] = [];
  let protocols: Protocols | null = null;
  let extraInfoDigest: RouterDescriptor['extraInfoDigest'] = null;
  let bridgeDistributionRequest: string | null = null;
  let ed25519: RouterDescriptor['signatures']['ed25519'] = null;

  for (;;) {
    if (!reader.next() || reader.keyword === 'router') {
      throw netdocError(firstLine, 'missing', `the descriptor of ${router.nickname} has no router-signature`);
    }
    const { keyword, line } = reader;
    if (keyword === 'router-signature') break;
    if (ed25519 !== null) throw reader.error('unexpected', `${keyword} after router-sig-ed25519`);
    if (seen.has(keyword) && onceOnly.has(keyword)) throw reader.error('repeated', `a second ${keyword} line`);
    seen.add(keyword);
    switch (keyword) {
      case 'identity-ed25519':
        identityCertificate = readCertificate(reader, 'ED25519 CERT');
        break;
      case 'master-key-ed25519':
        masterKeyEd25519 = parseBase64Key(firstWord(reader), line);
        break;
      case 'bandwidth': {
        const [average, burst, observed] = reader.args.split(' ');
        bandwidth = {
          averageBytes: parseNumber(average, line),
          burstBytes: parseNumber(burst, line),
          observedBytes: parseNumber(observed, line),
        };
        break;
      }
      case 'platform':
        platform = reader.args;
        break;
      case 'published': {
        const [date, time] = reader.args.split(' ');
        publishedMs = parseTime(date, time, line);
        break;
      }
      case 'fingerprint':
        statedFingerprint = parseHex(reader.args.replaceAll(' ', ''), 40, line);
        break;
      case 'hibernating':
        isHibernating = parseNumber(firstWord(reader), line, 1) === 1;
        break;
      case 'uptime':
        uptimeSeconds = parseNumber(firstWord(reader), line);
        break;
      case 'onion-key':
        onionKey = reader.object('RSA PUBLIC KEY').base64;
        break;
      case 'ntor-onion-key':
        ntorOnionKey = parseBase64Key(firstWord(reader), line);
        break;
      case 'signing-key':
        signingKey = reader.object('RSA PUBLIC KEY').base64;
        break;
      case 'accept':
      case 'reject':
        exitPolicy.push(parseExitRule(keyword, firstWord(reader), line));
        break;
      case 'ipv6-policy':
        ipv6Policy = parsePortPolicy(reader.args, line);
        break;
      case 'overload-general': {
        const [, date, time] = reader.args.split(' ');
        overloadedSinceMs = parseTime(date, time, line);
        break;
      }
      case 'contact':
        contact = reader.args;
        break;
      case 'family':
        family = splitWords(reader.args);
        break;
      case 'family-cert':
        familyCertificates.push(readCertificate(reader, 'FAMILY CERT'));
        break;
      case 'proto':
        protocols = parseProtocols(reader.args, line);
        break;
      case 'or-address':
        orAddresses.push(parseAddressPort(firstWord(reader), line));
        break;
      case 'extra-info-digest': {
        const [sha1, sha256] = reader.args.split(' ');
        extraInfoDigest = {
          sha1: parseHex(sha1, 40, line),
          sha256: sha256 === undefined ? null : parseBase64Key(sha256, line),
        };
        break;
      }
      case 'bridge-distribution-request':
        bridgeDistributionRequest = firstWord(reader);
        break;
      case 'router-sig-ed25519': {
        const signed = reader.text.slice(start, reader.start + keyword.length + 1);
        ed25519 = { signature: firstWord(reader), signedDigest: hash('sha256', signaturePrefix + signed, 'base64') };
        break;
      }
    }
  }
  const digest = hash('sha1', reader.text.slice(start, reader.lineEnd), 'hex').toUpperCase();
  const rsa = reader.object('SIGNATURE').base64;
  reader.next();

  const missing = Object.entries({ bandwidth, published: publishedMs, 'signing-key': signingKey }).find(
    ([, value]) => value === null,
  );
  if (missing !== undefined || bandwidth === null || publishedMs === null || signingKey === null) {
    throw netdocError(firstLine, 'missing', `the descriptor of ${router.nickname} has no ${missing?.[0]} line`);
  }
  const fingerprint = hash('sha1', Buffer.from(signingKey, 'base64'), 'hex').toUpperCase();
  if (statedFingerprint !== null && statedFingerprint !== fingerprint) {
    const what = `${router.nickname} states the fingerprint ${show(statedFingerprint)}, its key has ${fingerprint}`;
    throw netdocError(firstLine, 'fingerprint-mismatch', what);
  }
  return {
    ...router,
    orAddresses,
    fingerprint,
    digest,
    masterKeyEd25519,
    identityCertificate,
    signingKey,
    onionKey,
    ntorOnionKey,
    publishedMs,
    platform,
    protocols,
    bandwidth,
    isHibernating,
    uptimeSeconds,
    contact,
    family,
    familyCertificates,
    familyIds: familyCertificates.flatMap(({ signingKey: key }) => (key === null ? [] : [familyId(key)])),
    overloadedSinceMs,
    isHsDir: seen.has('hidden-service-dir'),
    isTunnelledDirServer: seen.has('tunnelled-dir-server'),
    cachesExtraInfo: seen.has('caches-extra-info'),
    exitPolicy,
    ipv6Policy,
    extraInfoDigest,
    bridgeDistributionRequest,
    signatures: { rsa, ed25519 },
  };
}

function familyId(key: Uint8Array): string {
  return `ed25519:${Buffer.from(key).toString('base64').replace(/=+$/, '')}`;
}

function firstWord(reader: NetdocReader): string {
  return reader.args.split(' ', 1)[0] ?? '';
}

function readCertificate(reader: NetdocReader, label: string): Ed25519Certificate {
  const { keyword, line } = reader;
  const bytes = Buffer.from(reader.object(label).base64, 'base64');
  try {
    return decodeEd25519Certificate(bytes);
  } catch (cause) {
    throw netdocError(line, 'bad-certificate', `${keyword}: ${cause instanceof Error ? cause.message : cause}`);
  }
}
