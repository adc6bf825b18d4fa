// How long the lab takes to come up: a private Tor network until its onion service has published, and one host until its
// systemd says that it is running. The root file system of hosts is made before, once for this machine.
import { createHosts } from '@tearless/lab/hosts/create-hosts.ts';
import { ensureRootfs } from '@tearless/lab/hosts/rootfs/ensure-rootfs.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { startNetwork } from '@tearless/lab/network/start-network.ts';
import type { Benchmark, BenchmarkContext } from './core/benchmark.ts';
import { median, runInTurn, timeMs } from './core/measure.ts';
import { withLab } from './core/with-lab.ts';

const suite = 'bookworm';

const startOneNetwork = ({ progress, signal }: BenchmarkContext): Promise<number> =>
  withLab('network', (lab) =>
    timeMs(async () => {
      const network = await startNetwork({ lab, authorities: 3, relays: 4, clients: 1, services: 1, signal });
      await network.disconnect();
      const { keysMs, consensusMs, clientsMs, totalMs } = network.timings;
      progress(`a network: keys ${keysMs} ms, consensus ${consensusMs} ms, clients ${clientsMs} ms, all ${totalMs} ms`);
    }),
  );

const startOneHost = ({ signal }: BenchmarkContext): Promise<number> =>
  withLab('host', (lab) =>
    timeMs(async () => {
      await createHosts({ lab, hosts: [{ name: 'alpha', suite }], signal });
    }),
  );

const seconds = (samples: readonly number[]): number => median(samples) / 1000;

export const benchmark: Benchmark = {
  summary: 'a private network of 9 nodes, and a host with systemd and sshd',
  run: async (context) => {
    const { progress, signal } = context;
    const { network } = await runInTurn({ network: () => startOneNetwork(context) }, { rounds: 3, warmUps: 0 });
    const ofNetwork = { name: 'lab/network', unit: 's', ours: seconds(network), limit: 15 } as const;
    const reason = hostsUnavailableReason();
    if (reason !== undefined) {
      progress(`no host: ${reason}`);
      return [ofNetwork];
    }
    await ensureRootfs({ suite, onProgress: progress, signal });
    const { host } = await runInTurn({ host: () => startOneHost(context) }, { rounds: 5 });
    return [ofNetwork, { name: 'lab/host', unit: 's', ours: seconds(host), limit: 2 }];
  },
};
