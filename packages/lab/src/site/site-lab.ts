// A lab for onion sites: a private Tor network with relays enough for a ring of directories, real hosts with tor instances
// that are no relays, and behind each of those a server that says its name. No onion service is made here.
import { claimLab, dropLab } from '../base/claim-lab.ts';
import { LabError } from '../base/lab-error.ts';
import { labNamespace } from '../base/lab-name.ts';
import type { LabRecord } from '../base/lab-state.ts';
import { openBridge } from '../hosts/bridge.ts';
import { createHosts } from '../hosts/create-hosts.ts';
import { execOnHost } from '../hosts/exec.ts';
import type { LabHost } from '../hosts/host-record.ts';
import { addRelays, startRelays } from '../hosts/relays.ts';
import { hostsUnavailableReason } from '../hosts/unavailable.ts';
import { likeTheWorld } from '../network/like-the-world.ts';
import type { Network } from '../network/network.ts';
import { startNetwork } from '../network/start-network.ts';

export type SiteLabOptions = {
  name: string;
  hosts: number;
  torsPerHost: number;
  /** Relays beside the authority; all are directories. */
  relays: number;
  /** Tor clients on this machine: of visitors, and of a balancer. */
  clients: number;
  onProgress?: (doing: string) => void;
  signal?: AbortSignal;
};

/** A tor instance on a host, and the port of that host where its server says its name. */
export type SiteTor = { host: LabHost; instance: string; backendPort: number };

export type SiteLab = {
  record: LabRecord;
  network: Network;
  hosts: readonly LabHost[];
  tors: readonly SiteTor[];
};

const firstBackendPort = 8001;
/** tor gives a time period 24 voting intervals: eight minutes. */
const votingIntervalSeconds = 20;

const renderInstanceTorrc = (network: Network): string =>
  `${[
    'SocksPort 0',
    'NumCPUs 1',
    'FetchDirInfoEarly 1',
    'FetchDirInfoExtraEarly 1',
    'LearnCircuitBuildTimeout 0',
    'CircuitBuildTimeout 10',
    '# The private network that it belongs to.',
    ...network.commonTorrc,
  ].join('\n')}\n`;

/** systemd answers each connection with the name: no program is needed that the host does not have. */
const installBackend = `
set -eu
cat >"/etc/systemd/system/backend-$1.socket" <<EOF
[Socket]
ListenStream=127.0.0.1:$2
Accept=yes
MaxConnections=256
[Install]
WantedBy=sockets.target
EOF
cat >"/etc/systemd/system/backend-$1@.service" <<EOF
[Service]
ExecStart=/bin/echo $1
StandardOutput=socket
CollectMode=inactive-or-failed
EOF
systemctl daemon-reload
systemctl enable --quiet --now "backend-$1.socket"
`;

const furnish = async (host: LabHost, tors: readonly SiteTor[], network: Network): Promise<void> => {
  const torrc = renderInstanceTorrc(network);
  const own = tors.filter((tor) => tor.host === host);
  await addRelays(
    host,
    own.map(({ instance }) => ({ name: instance, torrc })),
  );
  for (const { instance, backendPort } of own)
    await execOnHost(host, ['sh', '-s', '--', instance, String(backendPort)], { input: installBackend });
  await startRelays(
    host,
    own.map(({ instance }) => instance),
  );
};

/**
 * Brings everything up. The lab belongs to this process; what was made is removed when it fails.
 * @throws LabError of its parts
 */
export const startSiteLab = async (options: SiteLabOptions): Promise<SiteLab> => {
  const { name, relays, clients, torsPerHost, onProgress = () => {} } = options;
  const reason = hostsUnavailableReason();
  if (reason !== undefined) throw new LabError('lab-hosts-unavailable', reason, { kind: 'unavailable' });
  const record = await claimLab(name);
  try {
    await openBridge(record);
    const given = options.signal === undefined ? {} : { signal: options.signal };
    const specs = Array.from({ length: options.hosts }, (_, index) => ({
      name: `h${index + 1}`,
      suite: 'bookworm' as const,
    }));
    const [hosts, network] = await Promise.all([
      createHosts({ lab: record, hosts: specs, onProgress, ...given }),
      startNetwork({
        lab: record,
        authorities: 1,
        relays,
        clients,
        services: 0,
        votingIntervalSeconds,
        ownOf: likeTheWorld,
        inNamespace: labNamespace(name),
        onProgress: ({ detail }) => onProgress(`private network: ${detail}`),
        ...given,
      }),
    ]);
    const tors = hosts.flatMap((host, hostIndex) =>
      Array.from({ length: torsPerHost }, (_, index) => {
        const number = hostIndex * torsPerHost + index;
        return { host, instance: `w${number + 1}`, backendPort: firstBackendPort + number };
      }),
    );
    onProgress(`${tors.length} tors start on ${hosts.length} hosts`);
    await Promise.all(hosts.map((host) => furnish(host, tors, network)));
    return { record, network, hosts, tors };
  } catch (error) {
    await dropLab(name);
    throw error;
  }
};
