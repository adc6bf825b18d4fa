// How long it takes to read a large host: all facts of 142 relays in one round trip, over a connection that stands, and
// parsed.
import assert from 'node:assert/strict';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { readFacts } from 'tearless/facts/collect.ts';
import { helperScripts } from 'tearless/facts/helper-scripts.ts';
import { createSshHost } from 'tearless/host/create-host.ts';
import { renderHelper } from 'tearless/host/helper/render-helper.ts';
import type { Benchmark } from './core/benchmark.ts';
import { enrolledDestination } from './core/enrolled-hosts.ts';
import { createLargeHost, relayCount } from './core/large-host.ts';
import { median, runInTurn, timeMs } from './core/measure.ts';
import { withLab } from './core/with-lab.ts';

export const benchmark: Benchmark = {
  summary: `all facts of a host with ${relayCount} relays`,
  unavailable: hostsUnavailableReason,
  run: (context) =>
    withLab('facts', async (lab) => {
      const { progress, signal } = context;
      const lone = await createLargeHost(lab, context);
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
