// How long it takes to read a large host: all facts of 142 relays in one round trip, over a connection that stands, and
// parsed. The relays are real instances, each with a drop-in and a torrc that names the whole family, and run without a
// network, so that only the reading is measured.
import assert from 'node:assert/strict';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { addRelays, startRelays } from '@tearless/lab/hosts/relays.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { readFacts } from 'tearless/facts/collect.ts';
import { helperScripts } from 'tearless/facts/helper-scripts.ts';
import { createSshHost } from 'tearless/host/create-host.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import type { Benchmark, BenchmarkContext } from './core/benchmark.ts';
import { createEnrolledHosts, enrolledDestination } from './core/enrolled-hosts.ts';
import { median, runInTurn, timeMs } from './core/measure.ts';
import { withLab } from './core/with-lab.ts';

const relayCount = 142;
/** So many are made and started together: each makes its keys and answers systemd only then. */
const atOnce = 10;
const diskBytes = 2 * 2 ** 30;

const names = Array.from({ length: relayCount }, (_, index) => `relay${String(index).padStart(3, '0')}`);

/** Names all relays of the host. Their real fingerprints come with their first start; facts do not compare them. */
const family = names.map((_, index) => `$${index.toString(16).toUpperCase().padStart(40, 'A')}`).join(',');

const torrcOf = (name: string, index: number): string =>
  `Nickname ${name}
ContactInfo operator@example.net
ORPort 127.0.0.1:${20_000 + index}
SocksPort 0
ExitRelay 0
MaxMemInQueues 512 MB
MyFamily ${family}
DisableNetwork 1
`;

const writeDropIns = `
set -eu
library=$(ls /usr/lib/*/libmimalloc.so.2)
for name; do
  mkdir "/etc/systemd/system/tor@$name.service.d"
  printf '[Service]\\nEnvironment=LD_PRELOAD=%s\\n' "$library" >"/etc/systemd/system/tor@$name.service.d/50-allocator.conf"
done
systemctl daemon-reload
`;

const startAll = async (host: LabHost, { progress, signal }: BenchmarkContext): Promise<void> => {
  progress(`making and starting ${relayCount} instances`);
  for (let at = 0; at < names.length; at += atOnce) {
    signal.throwIfAborted();
    const some = names.slice(at, at + atOnce);
    await addRelays(
      host,
      some.map((name, offset) => ({ name, torrc: torrcOf(name, at + offset) })),
    );
    await execOnHost(host, ['sh', '-s', '--', ...some], { input: writeDropIns });
    await startRelays(host, some);
  }
  const active = await execOnHost(host, ['systemctl', 'list-units', '--no-legend', '--state=running', 'tor@*']);
  assert.equal(active.trim().split('\n').length, relayCount, 'all instances run');
};

export const benchmark: Benchmark = {
  summary: `all facts of a host with ${relayCount} relays`,
  unavailable: hostsUnavailableReason,
  run: (context) =>
    withLab('facts', async (lab) => {
      const { progress, signal } = context;
      const [lone] = await createEnrolledHosts({
        lab,
        hosts: [{ name: 'large', suite: 'bookworm', diskBytes }],
        onProgress: progress,
        signal,
      });
      assert.ok(lone);
      await startAll(lone, context);
      const helper = renderHelper(helperScripts);
      const host = createSshHost({ name: lone.name, helper, destination: enrolledDestination(lone) });
      try {
        const read = async (): Promise<void> => {
          const facts = await readFacts(host, { signal });
          const running = facts.instances.filter(({ process }) => process !== undefined);
          assert.equal(running.length, relayCount, 'the facts hold every relay with its process');
        };
        const connectMs = await timeMs(() => host.login(signal));
        progress(`connected in ${connectMs.toFixed(0)} ms; reading`);
        const { ours } = await runInTurn({ ours: () => timeMs(read) }, { rounds: 9 });
        return [{ name: 'facts', unit: 'ms', ours: median(ours), limit: 1500 }];
      } finally {
        await host.close();
      }
    }),
};
