// The work of every day, by Tearless and by Debian's Ansible: write a file, write a drop-in, reload systemd, check a unit,
// on three hosts, from the start of the command to its end. A first run finds nothing there; a second run finds all done.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { labPaths } from '@tearless/lab/base/lab-state.ts';
import { run, tryRun } from '@tearless/lab/base/run.ts';
import { processMark } from '@tearless/lab/base/tracked-process.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import { sshPaths } from '@tearless/lab/hosts/ssh-config.ts';
import { hostsUnavailableReason } from '@tearless/lab/hosts/unavailable.ts';
import { defaultLogin } from 'tearless/host/enrol/enrol-host.ts';
import type { Benchmark, BenchmarkContext, Measurement } from './core/benchmark.ts';
import { withCompileCache } from './core/compile-cache.ts';
import { enrolledDestination } from './core/enrolled-hosts.ts';
import { median, runInTurn, timeMs } from './core/measure.ts';
import { withLab } from './core/with-lab.ts';
import { parseRecap, prepareAnsible } from './fleet-operations/ansible.ts';
import { checkHosts, createContestHosts, resetHosts } from './fleet-operations/hosts.ts';
import { files, type Targets, type Written } from './fleet-operations/task.ts';

/** Does it all once and gives how many files it wrote on each host. */
type Contender = () => Promise<Written>;

interface Pair {
  readonly firstMs: number;
  readonly secondMs: number;
}

const ours = (hosts: readonly LabHost[], env: NodeJS.ProcessEnv, signal: AbortSignal): Contender => {
  const program = join(import.meta.dirname, 'fleet-operations/ours.ts');
  const targets: Targets = {
    hosts: hosts.map((host) => ({ name: host.name, destination: enrolledDestination(host) })),
  };
  const input = JSON.stringify(targets);
  return async () => JSON.parse(await run([process.execPath, program], { env, input, signal })) as Written;
};

const ansible = async (
  folder: string,
  hosts: readonly LabHost[],
  pipelining: boolean,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Contender> => {
  const prepared = await prepareAnsible(folder, hosts, { login: defaultLogin, pipelining });
  const options = { env: { ...env, ...prepared.env }, signal };
  return async () => parseRecap(await run(prepared.argv, options));
};

/** What nobody who comes by ssh can be faster than: one plain command a host that logs in and only reloads systemd. */
const floor = async (hosts: readonly LabHost[], signal: AbortSignal): Promise<void> => {
  const command = (host: LabHost): string[] => [
    ...['ssh', '-F', sshPaths(host.lab).config, `root@${host.name}`],
    ...['systemctl', 'daemon-reload'],
  ];
  await Promise.all(hosts.map((host) => run(command(host), { signal })));
};

/** Ends the connections that Ansible keeps for a minute: the next first run shall make its own. */
const endConnections = async (folder: string): Promise<void> => {
  const sockets = await readdir(join(folder, 'cp'));
  await Promise.all(
    sockets.map((name) => tryRun(['ssh', '-F', 'none', '-O', 'exit', '-S', join(folder, 'cp', name), 'any'])),
  );
};

const wroteEverywhere = (written: Written, hosts: readonly LabHost[], count: number): void =>
  assert.deepEqual(written, Object.fromEntries(hosts.map(({ name }) => [name, count])));

/** A first run and a second one; both must have done the same as the other contender's. */
const runPair = async (contender: Contender, hosts: readonly LabHost[], end: () => Promise<void>): Promise<Pair> => {
  let written: Written = {};
  const once = async (): Promise<void> => {
    written = await contender();
  };
  try {
    const firstMs = await timeMs(once);
    wroteEverywhere(written, hosts, files.length);
    await checkHosts(hosts);
    const secondMs = await timeMs(once);
    wroteEverywhere(written, hosts, 0);
    await checkHosts(hosts);
    return { firstMs, secondMs };
  } finally {
    await end();
    await resetHosts(hosts);
  }
};

const compare = (name: string, oursPairs: readonly Pair[], peerPairs: readonly Pair[], aim: number): Measurement[] => {
  const medianOf = (pairs: readonly Pair[], which: keyof Pair): number => median(pairs.map((pair) => pair[which]));
  const measurement = (suffix: string, which: keyof Pair): Measurement => ({
    name: `fleet-operations/${name}${suffix}`,
    unit: 'ms',
    ours: medianOf(oursPairs, which),
    peer: medianOf(peerPairs, which),
    aim,
  });
  return [measurement('', 'firstMs'), measurement('/second-run', 'secondMs')];
};

const contest = async (
  hosts: readonly LabHost[],
  folder: string,
  how: { env: NodeJS.ProcessEnv; signal: AbortSignal; progress: BenchmarkContext['progress'] },
): Promise<Measurement[]> => {
  const slowFolder = join(folder, 'default');
  const fastFolder = join(folder, 'pipelining');
  const tearless = ours(hosts, how.env, how.signal);
  const slow = await ansible(slowFolder, hosts, false, how);
  const fast = await ansible(fastFolder, hosts, true, how);
  const pairs = await runInTurn(
    {
      tearless: () => runPair(tearless, hosts, async () => {}),
      slow: () => runPair(slow, hosts, () => endConnections(slowFolder)),
      fast: () => runPair(fast, hosts, () => endConnections(fastFolder)),
    },
    { rounds: 5 },
  );
  const floorsMs: number[] = [];
  for (let round = 0; round < 5; round += 1) floorsMs.push(await timeMs(() => floor(hosts, how.signal)));
  how.progress(`logging in by plain ssh and reloading systemd alone take ${median(floorsMs).toFixed(0)} ms`);
  return [
    ...compare('ansible', pairs.tearless, pairs.slow, 20),
    ...compare('ansible-pipelining', pairs.tearless, pairs.fast, 5),
  ];
};

export const benchmark: Benchmark = {
  summary: 'four operations on three hosts, against Ansible as shipped and with pipelining',
  packages: ['bench'],
  unavailable: hostsUnavailableReason,
  run: (context: BenchmarkContext) =>
    withCompileCache((env) =>
      withLab('fleet', async (lab) => {
        const hosts = await createContestHosts(lab, context);
        context.progress('running in turn');
        // What Ansible leaves goes with the lab: its files lie there, and its connections, which outlive it, are marked.
        const { folder } = labPaths(lab.name);
        const marked = { ...env, [processMark]: folder };
        return await contest(hosts, join(folder, 'ansible'), { ...context, env: marked });
      }),
    ),
};
