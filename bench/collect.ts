// What one collection of 142 real tor processes costs their host: processor time of everything that it starts there, and of
// systemd, which it asks. ssh is left out on both sides: both run on the host itself, Tearless as the helper that is installed.
import assert from 'node:assert/strict';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { helperScripts } from 'tearless/facts/helper-scripts.ts';
import { parseHostSample } from 'tearless/facts/sample/parse-sample.ts';
import { splitSections } from 'tearless/facts/section.ts';
import { helperPath, renderHelper } from 'tearless/host/helper/render-helper.ts';
import { shellMethod } from './collect/shell-method.ts';
import type { Benchmark } from './core/benchmark.ts';
import { createLargeHost, relayCount } from './core/large-host.ts';
import { median, runInTurn } from './core/measure.ts';
import { withLab } from './core/with-lab.ts';

/** A collection costs at most this part of what the shell method costs. */
const leastRatio = 5;

/** Runs a command whose input is a file: prints its output, then its processor time with children, and systemd's. */
const measured = `
before=$(cut -d ' ' -f 1 /proc/1/schedstat)
TIMEFORMAT='%3U %3S'
cpu=$( { time "$@" </tmp/bench-input >/tmp/bench-output 2>/dev/null; } 2>&1 ) || exit
after=$(cut -d ' ' -f 1 /proc/1/schedstat)
cat /tmp/bench-output
printf '\\ncpu %s %s\\n' "$cpu" "$((after - before))"
`;

interface Cost {
  readonly output: string;
  readonly cpuMs: number;
}

const runOnHost = async (host: LabHost, input: string, argv: readonly string[]): Promise<Cost> => {
  await execOnHost(host, ['sh', '-c', 'cat >/tmp/bench-input'], { input });
  const text = await execOnHost(host, ['bash', '-c', measured, 'bash', ...argv]);
  const end = text.lastIndexOf('\ncpu ');
  const [user = Number.NaN, system = Number.NaN, systemdNs = Number.NaN] = text
    .slice(end + 5)
    .trim()
    .split(' ')
    .map(Number);
  return { output: text.slice(0, end), cpuMs: (user + system) * 1000 + systemdNs / 1e6 };
};

export const benchmark: Benchmark = {
  summary: `processor time of one collection of ${relayCount} relays on their host, against the shell method`,
  unavailable: hostsUnavailableReason,
  run: (context) =>
    withLab('collect', async (lab) => {
      const host = await createLargeHost(lab, context);
      const { version } = renderHelper(helperScripts);
      const nonce = 'ab'.repeat(16);
      const ours = async (): Promise<number> => {
        const request = `tearless ${version} 0 2\nsample\n${nonce}\n`;
        const { output, cpuMs } = await runOnHost(host, request, [helperPath]);
        const { relays } = parseHostSample(host.name, splitSections(Buffer.from(output), nonce));
        assert.equal(relays.length, relayCount, 'the sample holds every relay');
        assert.ok(
          relays.every(({ allocator }) => allocator.allocator === 'mimalloc' && allocator.buildId !== undefined),
          'and what it has loaded',
        );
        return cpuMs;
      };
      const peer = async (): Promise<number> => {
        const { output, cpuMs } = await runOnHost(host, shellMethod, ['sh', '-s']);
        const rows = output.trim().split('\n');
        assert.equal(rows.filter((row) => row.includes('libmimalloc')).length, relayCount, 'the peer sees every relay');
        return cpuMs;
      };
      const costs = await runInTurn({ ours, peer }, { rounds: 5 });
      const peerMs = median(costs.peer);
      return [
        {
          name: 'collect/host-cpu',
          unit: 'ms',
          ours: median(costs.ours),
          peer: peerMs,
          limit: Math.floor(peerMs / leastRatio),
        },
      ];
    }),
};
