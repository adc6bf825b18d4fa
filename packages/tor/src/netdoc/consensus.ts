// The consensus of the directory authorities, both flavours: dir-spec §3.4.1, §3.9. Votes are refused: they share the
// form but mean something else. Signatures are read, not verified.
import { parseHex, parseNumber, parsePort, parseTime } from './fields.ts';
import { type Protocols, parseProtocols } from './protocols.ts';
import { NetdocReader, netdocError, show } from './reader.ts';
import { type Flavor, type RouterStatus, readRouterStatus, StatusCache, splitWords } from './router-status.ts';

export interface Consensus {
  readonly flavor: Flavor;
  /** `consensus-method`: which rules the authorities applied. */
  readonly method: number;
  readonly validAfterMs: number;
  readonly freshUntilMs: number;
  readonly validUntilMs: number;
  readonly votingDelay: { readonly voteSeconds: number; readonly distSeconds: number };
  /** Recommended versions as written, oldest first (see version.ts). */
  readonly clientVersions: readonly string[];
  readonly serverVersions: readonly string[];
  readonly knownFlags: readonly string[];
  readonly protocols: {
    readonly recommendedClient: Protocols | null;
    readonly recommendedRelay: Protocols | null;
    readonly requiredClient: Protocols | null;
    readonly requiredRelay: Protocols | null;
  };
  /** Network parameters (param-spec), 32-bit signed. */
  readonly params: ReadonlyMap<string, number>;
  readonly sharedRandPrevious: SharedRandomValue | null;
  readonly sharedRandCurrent: SharedRandomValue | null;
  readonly authorities: readonly ConsensusAuthority[];
  /** Ascending by fingerprint. */
  readonly routers: readonly RouterStatus[];
  /** Empty when the consensus has none. */
  readonly bandwidthWeights: ReadonlyMap<string, number>;
  readonly signatures: readonly ConsensusSignature[];
}

/** srv-spec §4.2. */
export interface SharedRandomValue {
  readonly reveals: number;
  /** 32 bytes in base64, with padding. */
  readonly value: string;
}

/** An authority whose vote went in. */
export interface ConsensusAuthority {
  readonly nickname: string;
  /** v3 identity, 40 hex digits. */
  readonly identity: string;
  readonly hostname: string;
  readonly address: string;
  readonly dirPort: number;
  readonly orPort: number;
  /** Null for the `-legacy` entry of an authority with an old key. */
  readonly contact: string | null;
  readonly voteDigest: string | null;
}

export interface ConsensusSignature {
  readonly algorithm: string;
  /** v3 identity of the authority, hex. */
  readonly identity: string;
  /** Digest of the key that signed, hex. */
  readonly signingKeyDigest: string;
  /** Base64. */
  readonly signature: string;
}

/**
 * Reads a consensus. Unknown items are ignored, as the specification asks.
 *
 * @param text decoded as UTF-8 (only contact lines go beyond ASCII); cache files of tor may be given as they are
 * @throws TorError with the line: `netdoc-not-a-consensus`, `netdoc-missing`, `netdoc-repeated`, `netdoc-unexpected`,
 *   `netdoc-unsorted`, and what the values' own readers throw
 * @see dir-spec §3.4.1
 */
export function parseConsensus(text: string): Consensus {
  const reader = new NetdocReader(text, true);
  const header = readHeader(reader);
  const authorities = readAuthorities(reader);
  const routers = readRouters(reader, header.flavor);
  const { bandwidthWeights, signatures } = readFooter(reader);
  return { ...header, authorities, routers, bandwidthWeights, signatures };
}

/**
 * What the signatures are over: everything from the beginning through the space after the first
 * `directory-signature`. SHA-1 of it for ns, SHA-256 for microdesc (dir-spec §3.4.1, §3.9.2).
 *
 * @throws TorError `netdoc-missing`
 */
export function signedPart(text: string): string {
  const mark = '\ndirectory-signature ';
  const start = text.startsWith('network-status-version ') ? 0 : text.indexOf('\nnetwork-status-version ') + 1;
  const end = text.indexOf(mark, start);
  if (end === -1) throw netdocError(text.split('\n').length, 'missing', 'the consensus has no directory-signature');
  return text.slice(start, end + mark.length);
}

type Header = Omit<Consensus, 'authorities' | 'routers' | 'bandwidthWeights' | 'signatures'>;

/** Reads up to the first item that is not of the preamble. */
function readHeader(reader: NetdocReader): Header {
  while (reader.next() && reader.keyword.startsWith('@'));
  const { keyword: first, args: firstArgs } = reader;
  const [version, flavorName = 'ns'] = firstArgs.split(' ');
  if (first !== 'network-status-version' || version !== '3') {
    throw reader.error('not-a-consensus', 'expected network-status-version 3');
  }
  if (flavorName !== 'ns' && flavorName !== 'microdesc') {
    throw reader.error('not-a-consensus', `unknown consensus flavour ${show(flavorName)}`);
  }
  const once = new Map<string, { args: string; line: number }>();
  while (reader.next() && !endsHeader(reader.keyword)) {
    const { keyword, args, line } = reader;
    if (!headerKeywords.has(keyword)) continue;
    if (once.has(keyword)) throw reader.error('repeated', `a second ${keyword} line`);
    once.set(keyword, { args, line });
    if (keyword === 'vote-status' && args !== 'consensus') {
      throw reader.error('not-a-consensus', `this is a ${show(args)}, not a consensus`);
    }
  }
  const required = (keyword: string) => {
    const item = once.get(keyword);
    if (item === undefined) throw reader.error('missing', `the preamble has no ${keyword} line`);
    return item;
  };
  const time = (keyword: string) => {
    const { args, line } = required(keyword);
    const [date, clock] = args.split(' ');
    return parseTime(date, clock, line);
  };
  const words = (keyword: string, separator: string) => {
    const args = once.get(keyword)?.args.trim() ?? '';
    return args === '' ? [] : args.split(separator);
  };
  const protocols = (keyword: string) => {
    const item = once.get(keyword);
    return item === undefined ? null : parseProtocols(item.args, item.line);
  };
  const sharedRandom = (keyword: string): SharedRandomValue | null => {
    const item = once.get(keyword);
    if (item === undefined) return null;
    const [reveals, value = ''] = item.args.split(' ');
    if (!/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value)) {
      throw netdocError(item.line, 'bad-value', `expected 32 bytes in base64, found ${show(value)}`);
    }
    return { reveals: parseNumber(reveals, item.line), value };
  };
  required('vote-status');
  const method = required('consensus-method');
  const delay = required('voting-delay');
  const [voteSeconds, distSeconds] = delay.args.split(' ');
  const params = once.get('params');
  return {
    flavor: flavorName,
    method: parseNumber(method.args, method.line),
    validAfterMs: time('valid-after'),
    freshUntilMs: time('fresh-until'),
    validUntilMs: time('valid-until'),
    votingDelay: {
      voteSeconds: parseNumber(voteSeconds, delay.line),
      distSeconds: parseNumber(distSeconds, delay.line),
    },
    clientVersions: words('client-versions', ','),
    serverVersions: words('server-versions', ','),
    knownFlags: splitWords(required('known-flags').args),
    protocols: {
      recommendedClient: protocols('recommended-client-protocols'),
      recommendedRelay: protocols('recommended-relay-protocols'),
      requiredClient: protocols('required-client-protocols'),
      requiredRelay: protocols('required-relay-protocols'),
    },
    params: params === undefined ? new Map() : parseIntegers(params.args, params.line),
    sharedRandPrevious: sharedRandom('shared-rand-previous-value'),
    sharedRandCurrent: sharedRandom('shared-rand-current-value'),
  };
}

const headerKeywords: ReadonlySet<string> = new Set([
  'vote-status',
  'consensus-method',
  'valid-after',
  'fresh-until',
  'valid-until',
  'voting-delay',
  'client-versions',
  'server-versions',
  'known-flags',
  'recommended-client-protocols',
  'recommended-relay-protocols',
  'required-client-protocols',
  'required-relay-protocols',
  'params',
  'shared-rand-previous-value',
  'shared-rand-current-value',
]);

function endsHeader(keyword: string): boolean {
  return keyword === 'dir-source' || endsAuthorities(keyword);
}

function endsAuthorities(keyword: string): boolean {
  return keyword === 'r' || keyword === 'directory-footer' || keyword === 'directory-signature';
}

function readAuthorities(reader: NetdocReader): ConsensusAuthority[] {
  const authorities: ConsensusAuthority[] = [];
  while (reader.keyword === 'dir-source') {
    const { line } = reader;
    const [nickname = '', identity, hostname = '', address = '', dirPort, orPort] = reader.args.split(' ');
    let contact: string | null = null;
    let voteDigest: string | null = null;
    while (reader.next() && reader.keyword !== 'dir-source' && !endsAuthorities(reader.keyword)) {
      if (reader.keyword === 'contact') {
        if (contact !== null) throw reader.error('repeated', 'a second contact line for one authority');
        contact = reader.args;
      } else if (reader.keyword === 'vote-digest') {
        if (voteDigest !== null) throw reader.error('repeated', 'a second vote-digest line for one authority');
        voteDigest = parseHex(reader.args, 40, reader.line);
      }
    }
    authorities.push({
      nickname,
      identity: parseHex(identity, 40, line),
      hostname,
      address,
      dirPort: parsePort(dirPort, line),
      orPort: parsePort(orPort, line),
      contact,
      voteDigest,
    });
  }
  return authorities;
}

function readRouters(reader: NetdocReader, flavor: Flavor): RouterStatus[] {
  const routers: RouterStatus[] = [];
  const cache = new StatusCache();
  let before = '';
  while (reader.keyword === 'r') {
    const { line } = reader;
    const router = readRouterStatus(reader, flavor, cache);
    if (router.fingerprint <= before) {
      const what = `${router.nickname} stands behind a relay with a greater or the same identity`;
      throw netdocError(line, 'unsorted', what);
    }
    before = router.fingerprint;
    routers.push(router);
  }
  return routers;
}

function readFooter(reader: NetdocReader): Pick<Consensus, 'bandwidthWeights' | 'signatures'> {
  let bandwidthWeights: ReadonlyMap<string, number> | null = null;
  const signatures: ConsensusSignature[] = [];
  for (let more = reader.keyword !== ''; more; more = reader.next()) {
    switch (reader.keyword) {
      case 'r':
      case 'dir-source':
      case 'network-status-version':
        throw reader.error('unexpected', `${reader.keyword} after the footer began`);
      case 'bandwidth-weights':
        if (bandwidthWeights !== null) throw reader.error('repeated', 'a second bandwidth-weights line');
        bandwidthWeights = parseIntegers(reader.args, reader.line);
        break;
      case 'directory-signature':
        signatures.push(readSignature(reader));
        break;
    }
  }
  if (signatures.length === 0) throw reader.error('missing', 'the consensus ends without a directory-signature');
  return { bandwidthWeights: bandwidthWeights ?? new Map(), signatures };
}

/** `directory-signature [ALGORITHM] IDENTITY SIGNING-KEY-DIGEST`; the algorithm is sha1 when absent. */
function readSignature(reader: NetdocReader): ConsensusSignature {
  const args = reader.args.split(' ');
  const [algorithm = '', identity, signingKeyDigest] = args.length === 2 ? ['sha1', ...args] : args;
  return {
    algorithm,
    identity: parseHex(identity, 40, reader.line),
    signingKeyDigest: parseHex(signingKeyDigest, 40, reader.line),
    signature: reader.object('SIGNATURE').base64,
  };
}

/** `KEY=INT32 …`, each key once. */
function parseIntegers(text: string, line: number): Map<string, number> {
  const values = new Map<string, number>();
  for (const entry of splitWords(text)) {
    const [, key = '', digits = ''] = /^([^\s=]+)=(-?\d{1,10})$/.exec(entry) ?? [];
    const value = Number(digits);
    if (key === '' || values.has(key) || value > 2 ** 31 - 1 || value < -(2 ** 31)) {
      throw netdocError(line, 'bad-value', `expected KEY=NUMBER, each key once, found ${show(entry)}`);
    }
    values.set(key, value);
  }
  return values;
}
