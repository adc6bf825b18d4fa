// A consensus as text: the inverse of parseConsensus for everything it reads. For tests, benchmarks and twins; nobody
// signs what comes out. dir-spec §3.4.1.
import type { Consensus, SharedRandomValue } from './consensus.ts';
import { renderTime } from './fields.ts';
import { type Protocols, renderProtocols } from './protocols.ts';
import { renderRouterStatus } from './router-status.ts';

/** The document with its items in the order of the specification. */
export function renderConsensus(consensus: Consensus): string {
  const { protocols, votingDelay } = consensus;
  const lines = [
    `network-status-version 3${consensus.flavor === 'ns' ? '' : ` ${consensus.flavor}`}`,
    'vote-status consensus',
    `consensus-method ${consensus.method}`,
    `valid-after ${renderTime(consensus.validAfterMs)}`,
    `fresh-until ${renderTime(consensus.freshUntilMs)}`,
    `valid-until ${renderTime(consensus.validUntilMs)}`,
    `voting-delay ${votingDelay.voteSeconds} ${votingDelay.distSeconds}`,
    `client-versions ${consensus.clientVersions.join(',')}`,
    `server-versions ${consensus.serverVersions.join(',')}`,
    `known-flags ${consensus.knownFlags.join(' ')}`,
    ...protocolLine('recommended-client-protocols', protocols.recommendedClient),
    ...protocolLine('recommended-relay-protocols', protocols.recommendedRelay),
    ...protocolLine('required-client-protocols', protocols.requiredClient),
    ...protocolLine('required-relay-protocols', protocols.requiredRelay),
    ...numbersLine('params', consensus.params),
    ...sharedRandomLine('shared-rand-previous-value', consensus.sharedRandPrevious),
    ...sharedRandomLine('shared-rand-current-value', consensus.sharedRandCurrent),
  ];
  for (const authority of consensus.authorities) {
    const { nickname, identity, hostname, address, dirPort, orPort, contact, voteDigest } = authority;
    lines.push(`dir-source ${nickname} ${identity} ${hostname} ${address} ${dirPort} ${orPort}`);
    if (contact !== null) lines.push(`contact ${contact}`);
    if (voteDigest !== null) lines.push(`vote-digest ${voteDigest}`);
  }
  const footer = ['directory-footer', ...numbersLine('bandwidth-weights', consensus.bandwidthWeights)];
  for (const { algorithm, identity, signingKeyDigest, signature } of consensus.signatures) {
    const named = algorithm === 'sha1' ? '' : `${algorithm} `;
    footer.push(`directory-signature ${named}${identity} ${signingKeyDigest}`, ...object('SIGNATURE', signature));
  }
  return `${lines.join('\n')}\n${consensus.routers.map(renderRouterStatus).join('')}${footer.join('\n')}\n`;
}

/** An object with its base64 in lines of 64 characters (dir-spec §1.2). */
function object(label: string, base64: string): string[] {
  return [`-----BEGIN ${label}-----`, ...(base64.match(/.{1,64}/g) ?? []), `-----END ${label}-----`];
}

function protocolLine(keyword: string, protocols: Protocols | null): string[] {
  return protocols === null ? [] : [`${keyword} ${renderProtocols(protocols)}`];
}

function numbersLine(keyword: string, numbers: ReadonlyMap<string, number>): string[] {
  return numbers.size === 0 ? [] : [`${keyword} ${Array.from(numbers, ([key, value]) => `${key}=${value}`).join(' ')}`];
}

function sharedRandomLine(keyword: string, random: SharedRandomValue | null): string[] {
  return random === null ? [] : [`${keyword} ${random.reveals} ${random.value}`];
}
