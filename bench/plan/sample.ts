// What planning starts from, at the size of a large operator: 1,000 relays on 50 hosts within a public network of 8,000
// relays. All of it as text and values, the same each time.

import { renderConsensus } from '@tearless/tor/netdoc/render-consensus.ts';
import { generateConsensus } from '@tearless/tor/netdoc/testing/generate-consensus.ts';
import { instancePaths } from 'tearless/daemon/instance.ts';
import type { HostFacts, InstanceFacts } from 'tearless/facts/observed.ts';
import { configHead, fileFacts, sampleHost, sampleInstance } from 'tearless/relays/testing/sample-fleet.ts';

export const hostCount = 50;
export const relaysPerHost = 20;
export const networkRelays = 8000;

/** When the consensus became valid; all else is told by it. */
const atMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

const renderTorrc = (host: number, relay: number, nickname: string, family: string): string =>
  `# relay ${relay} of host ${host}
Nickname ${nickname}
ContactInfo email:tor[]operator.example url:https://operator.example proof:uri-rsa ciissversion:2
Address 192.0.2.${host}
ORPort 192.0.2.${host}:${9000 + relay}
ORPort [2001:db8:${host}::${relay}]:${9000 + relay}
SocksPort 0
ExitRelay 0
# RelayBandwidthRate 100 MBytes
RelayBandwidthBurst 200 MBytes
MaxMemInQueues 1 GB
NumCPUs 2
MetricsPort 127.0.0.1:${9100 + relay}
MetricsPortPolicy accept 127.0.0.1
MyFamily ${family}
`;

const makeInstance = (host: number, relay: number, fingerprint: string, family: string): InstanceFacts => {
  const name = `r${pad(relay, 2)}`;
  const nickname = `h${pad(host, 2)}${name}`;
  const startedMs = atMs - (1 + ((host * 7 + relay) % 40)) * dayMs;
  return sampleInstance(name, {
    nickname,
    fingerprint,
    activeEnterMs: startedMs,
    mainPid: 1000 + relay,
    torrc: [fileFacts(instancePaths(name).torrcPath, renderTorrc(host, relay, nickname, family))],
  });
};

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const hostName = (host: number): string => `h${pad(host, 2)}`;

const renderConfig = (): string => {
  const names = range(hostCount).map(hostName);
  const relays = names.flatMap((name) => range(relaysPerHost).map((relay) => `  - ${name}/r${pad(relay, 2)}`));
  return `${configHead(names).replace('network: lab', 'network: public')}relays:
${relays.join('\n')}
settings:
  - select: '*'
    allocator: { mimalloc: 90%, jemalloc: 10% }
  - select: 'h0*/*'
    torrc: { MaxMemInQueues: 2 GB }
restart:
  serial: [1, 10%, 50%]
`;
};

export interface Sample {
  readonly config: string;
  readonly facts: readonly HostFacts[];
  /** The consensus as an instance hands it out. */
  readonly consensus: string;
  readonly atMs: number;
}

export const makeSample = (): Sample => {
  const consensus = generateConsensus({ relays: networkRelays, validAfterMs: atMs });
  const fleetSize = hostCount * relaysPerHost;
  // Every eighth relay of the network is one of the fleet.
  const stride = Math.floor(networkRelays / fleetSize);
  const fingerprints = range(fleetSize).map((index) => consensus.routers[index * stride]?.fingerprint ?? '');
  const family = fingerprints.map((fingerprint) => `$${fingerprint}`).join(',');
  const facts = range(hostCount).map((host) =>
    sampleHost(
      hostName(host),
      range(relaysPerHost).map((relay) =>
        makeInstance(host, relay, fingerprints[host * relaysPerHost + relay] ?? '', family),
      ),
      { hostTimeMs: atMs },
    ),
  );
  return { config: renderConfig(), facts, consensus: renderConsensus(consensus), atMs };
};
