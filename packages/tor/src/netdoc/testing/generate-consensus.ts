// A consensus of any size that looks like the public one: same lines, similar variety. Deterministic: the same seed and
// size give the same document. For benchmarks and tests; its keys and signatures are random bytes.
import type { Consensus, ConsensusAuthority } from '../consensus.ts';
import { parsePortPolicy } from '../port-policy.ts';
import { parseProtocols } from '../protocols.ts';
import type { Flavor, RouterStatus } from '../router-status.ts';

export interface GenerateOptions {
  /** How many relays; the public network has about 8,000. */
  readonly relays: number;
  readonly flavor?: Flavor;
  readonly seed?: number;
  /** Default 2026-01-01 00:00 UTC. */
  readonly validAfterMs?: number;
}

const hourMs = 3_600_000;
const relayProtocols = [
  'Conflux=1 Cons=1-2 Desc=1-4 DirCache=2 FlowCtrl=1-2 HSDir=2 HSIntro=4-5 HSRend=1-2 Link=3-5 LinkAuth=3 Microdesc=1-3 Padding=2 Relay=2-6',
  'Conflux=1 Cons=1-2 Desc=1-2 DirCache=2 FlowCtrl=1-2 HSDir=2 HSIntro=4-5 HSRend=1-2 Link=1-5 LinkAuth=1,3 Microdesc=1-2 Padding=2 Relay=1-4',
  'Cons=1-2 Desc=1-2 DirCache=2 FlowCtrl=1-2 HSDir=2 HSIntro=4-5 HSRend=1-2 Link=1-5 LinkAuth=1,3 Microdesc=1-2 Padding=2 Relay=1-4',
].map((text) => parseProtocols(text));
const versions = ['Tor 0.4.9.11', 'Tor 0.4.8.16', 'Tor 0.4.8.12', 'Tor 0.4.9.1-alpha', 'Tor 0.4.8.10'];
const exitPolicies = [
  'accept 20-23,43,53,79-81,88,110,143,194,220,389,443,464,531,543-544,554,563,587,636,706,749,873,902-904,981,989-995',
  'accept 80,443',
  'reject 25,119,135-139,445,563,1214,4661-4666,6346-6429,6699,6881-6999',
].map((text) => parsePortPolicy(text));
const noExit = parsePortPolicy('reject 1-65535');
const weightNames = 'Wbd Wbe Wbg Wbm Wdb Web Wed Wee Weg Wem Wgb Wgd Wgg Wgm Wmb Wmd Wme Wmg Wmm'.split(' ');

/** The parsed form; renderConsensus makes the document. */
export function generateConsensus(options: GenerateOptions): Consensus {
  const { relays, flavor = 'ns', seed = 1, validAfterMs = Date.UTC(2026, 0, 1) } = options;
  const random = xorshift(seed);
  const authorities = Array.from({ length: 9 }, (_, i) => generateAuthority(random, i)).sort(byIdentity);
  return {
    flavor,
    method: 35,
    validAfterMs,
    freshUntilMs: validAfterMs + hourMs,
    validUntilMs: validAfterMs + 3 * hourMs,
    votingDelay: { voteSeconds: 300, distSeconds: 300 },
    clientVersions: ['0.4.8.10', '0.4.8.12', '0.4.8.16', '0.4.9.11'],
    serverVersions: ['0.4.8.10', '0.4.8.12', '0.4.8.16', '0.4.9.11'],
    knownFlags:
      'Authority BadExit Exit Fast Guard HSDir MiddleOnly NoEdConsensus Running Stable StaleDesc Sybil V2Dir Valid'.split(
        ' ',
      ),
    protocols: {
      recommendedClient: parseProtocols('Cons=2 Desc=2 DirCache=2 HSDir=2 HSIntro=4 HSRend=2 Link=4-5 Microdesc=2'),
      recommendedRelay: parseProtocols('Cons=2 Desc=2 DirCache=2 HSDir=2 HSIntro=4-5 HSRend=2 Link=4-5 LinkAuth=3'),
      requiredClient: parseProtocols('Cons=2 Desc=2 Link=4 Microdesc=2 Relay=2'),
      requiredRelay: parseProtocols('Cons=2 Desc=2 DirCache=2 HSDir=2 HSIntro=4-5 HSRend=2 Link=4-5 LinkAuth=3'),
    },
    params: new Map([
      ['CircuitPriorityHalflifeMsec', 30_000],
      ['bwweightscale', 10_000],
      ['cc_alg', 2],
      ['circwindow', 1000],
      ['hsdir_n_replicas', 2],
      ['hsdir_spread_fetch', 3],
      ['hsdir_spread_store', 4],
    ]),
    sharedRandPrevious: { reveals: 9, value: base64(random, 32) },
    sharedRandCurrent: { reveals: 9, value: base64(random, 32) },
    authorities,
    routers: generateRouters(relays, flavor, validAfterMs, random),
    bandwidthWeights: new Map(weightNames.map((name) => [name, below(random, 10_001)])),
    signatures: authorities.map(({ identity }) => ({
      algorithm: flavor === 'ns' ? 'sha1' : 'sha256',
      identity,
      signingKeyDigest: hex(random, 20),
      signature: base64(random, 256),
    })),
  };
}

function generateRouters(count: number, flavor: Flavor, validAfterMs: number, random: Random): RouterStatus[] {
  const fingerprints = new Set<string>();
  while (fingerprints.size < count) fingerprints.add(hex(random, 20));
  return Array.from(fingerprints)
    .sort()
    .map((fingerprint, i) => {
      const isExit = chance(random, 0.3);
      const isGuard = chance(random, 0.5);
      const isStable = isGuard || chance(random, 0.6);
      const flags = [
        ...(isExit ? ['Exit'] : []),
        ...(isGuard || chance(random, 0.8) ? ['Fast'] : []),
        ...(isGuard ? ['Guard'] : []),
        ...(isStable && chance(random, 0.8) ? ['HSDir'] : []),
        'Running',
        ...(isStable ? ['Stable'] : []),
        ...(chance(random, 0.95) ? ['V2Dir'] : []),
        'Valid',
      ];
      const portPolicy = isExit ? pick(random, exitPolicies) : noExit;
      return {
        nickname: chance(random, 0.1) ? 'Unnamed' : `relay${i.toString(36)}x${below(random, 1e6).toString(36)}`,
        fingerprint,
        descriptorDigest: flavor === 'ns' ? hex(random, 20) : null,
        microdescDigest: flavor === 'microdesc' ? base64(random, 32).slice(0, 43) : null,
        publishedMs: flavor === 'ns' ? validAfterMs - 1000 * below(random, 64_800) : Date.UTC(2038, 0, 1),
        address: [1 + below(random, 223), below(random, 256), below(random, 256), below(random, 256)].join('.'),
        orPort: pick(random, [443, 9001, 9001, 9002, 8443]),
        dirPort: chance(random, 0.1) ? 9030 : 0,
        orAddresses: chance(random, 0.5) ? [`[2001:db8:${below(random, 65_536).toString(16)}::1]:9001`] : [],
        flags,
        version: pick(random, versions),
        protocols: pick(random, relayProtocols),
        bandwidthKb: 20 + below(random, isGuard ? 60_000 : 8000),
        isUnmeasured: chance(random, 0.02),
        portPolicy: flavor === 'ns' ? portPolicy : null,
      };
    });
}

function generateAuthority(random: Random, index: number): ConsensusAuthority {
  const address = `198.51.100.${10 + index}`;
  return {
    nickname: `authority${index}`,
    identity: hex(random, 20),
    hostname: address,
    address,
    dirPort: 80,
    orPort: 443,
    contact: `authority${index} <admin at authority${index} dot example dot invalid>`,
    voteDigest: hex(random, 20),
  };
}

function byIdentity(a: ConsensusAuthority, b: ConsensusAuthority): number {
  return a.identity < b.identity ? -1 : 1;
}

type Random = () => number;

/** xorshift32: 32 random bits a call. */
function xorshift(seed: number): Random {
  let state = (seed * 0x9e3779b1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

function below(random: Random, limit: number): number {
  return random() % limit;
}

function chance(random: Random, probability: number): boolean {
  return random() / 2 ** 32 < probability;
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new RangeError('pick from an empty list');
  return item;
}

function bytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random() & 0xff));
}

function hex(random: Random, length: number): string {
  return bytes(random, length).toString('hex').toUpperCase();
}

function base64(random: Random, length: number): string {
  return bytes(random, length).toString('base64');
}
