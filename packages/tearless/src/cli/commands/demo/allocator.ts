// Scene `allocator`: a fleet of eight relays changes its allocator while people use it; one step is broken on purpose; then
// everything goes back, and a separate reader proves it.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import type { FleetLab } from '@tearless/lab/fleet/fleet-lab.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import { removeLibrary, restoreLibrary } from '@tearless/lab/hosts/faults.ts';
import type { Oracle } from '@tearless/lab/traffic/oracle.ts';
import { startOracle } from '@tearless/lab/traffic/start-oracle.ts';
import { parseDocument } from 'yaml';
import type { JsonObject } from '../../../base/json.ts';
import type { RunEvent } from '../../../change/event.ts';
import type { Plan } from '../../../change/plan.ts';
import type { RelayView } from '../../../relays/relay-view.ts';
import { formatBytes, formatChange } from '../../../report/format.ts';
import { renderRolloutPage } from '../../../report/rollout-page.ts';
import { CliError } from '../../core/cli-error.ts';
import { collectRollout } from '../../core/demo/collect-rollout.ts';
import { type InnerCli, openInnerCli } from '../../core/demo/inner-cli.ts';
import { type RestartWatch, watchRestarts } from '../../core/demo/restarts.ts';
import type { Scene, SceneContext, SceneResult } from '../../core/demo/scene.ts';
import { compareWhole, readWhole } from '../../core/demo/separate-reader.ts';
import { bringLabUp } from '../../core/lab-up.ts';
import { foldEvent, startView } from '../../core/render/run-view.ts';

const labName = 'demo';
const calmMs = 12_000;
/** The fault is planted on two relays of this host. */
const faultyHost = 'h2';
const vanishingLibrary = '/usr/local/lib/tearless-demo/libjemalloc.so.2';

const titles = [
  'a private Tor network, two hosts, eight relays on glibc',
  'people use the relays',
  'seven relays go to mimalloc, one to jemalloc',
  'a library vanishes in the middle of a change',
  'everything goes back',
  'a separate reader compares',
];

/** A run of the inner command line, watched. */
const conduct = async (
  cli: InnerCli,
  { stage, command }: SceneContext,
  restarts: RestartWatch,
  plan: Plan,
  words: readonly string[],
  onEvent: (event: RunEvent) => void = () => {},
): Promise<{ run: string; outcome: string; exitCode: number }> => {
  const { clock } = command.surroundings;
  let view = startView(plan, clock.now());
  const { exitCode, result } = await cli.run(words, (value) => {
    const event = value as unknown as RunEvent;
    restarts.onEvent(event, clock.now());
    view = foldEvent(view, event, clock.now());
    stage.showRun(view);
    onEvent(event);
  });
  if (result.outcome === undefined) {
    const { error } = result as { error?: { message?: string; hint?: string } };
    throw new CliError({
      kind: 'failed',
      code: 'demo-run-failed',
      message: `tearless ${words.join(' ')}: ${error?.message ?? 'no outcome'}`,
      ...(error?.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  return { run: String(result.run), outcome: String(result.outcome), exitCode };
};

const planInto = async (cli: InnerCli, file: string): Promise<Plan> => {
  const { exitCode, result } = await cli.run(['plan', '--out', file]);
  if (exitCode === 0) return result as unknown as Plan;
  const { error } = result as { error?: { message?: string } };
  throw new CliError({
    kind: 'failed',
    code: 'demo-plan-failed',
    message: `tearless plan: ${error?.message ?? exitCode}`,
  });
};

/** Declares something more of the fleet, as a person would in an editor. */
const declare = async (
  configPath: string,
  change: (document: ReturnType<typeof parseDocument>) => void,
): Promise<void> => {
  const document = parseDocument(await readFile(configPath, 'utf8'));
  change(document);
  await writeFile(configPath, document.toString({ lineWidth: 0 }));
};

interface Memory {
  readonly total: number;
  readonly byRelay: ReadonlyMap<string, number>;
  readonly allocators: ReadonlyMap<string, string>;
}

/** Memory and loaded allocator of each relay, as `relay status` has them. */
const readMemory = async (cli: InnerCli): Promise<Memory> => {
  const { result } = await cli.run(['relay', 'status']);
  const relays = result.relays as unknown as readonly Pick<RelayView, 'id' | 'loaded' | 'memory'>[];
  const byRelay = new Map(relays.map(({ id, memory }) => [id, memory?.pssBytes ?? 0]));
  return {
    total: [...byRelay.values()].reduce((sum, bytes) => sum + bytes, 0),
    byRelay,
    allocators: new Map(relays.map(({ id, loaded }) => [id, loaded?.name ?? 'none'])),
  };
};

const hostOf = (lab: FleetLab, relay: string) => {
  const host = lab.hosts.find(({ name }) => name === relay.split('/')[0]);
  if (host === undefined) throw new TypeError(`no host of ${relay}`);
  return host;
};

/** Lays a good library beside the packaged one: it will vanish after the plan was made. */
const plantVanishingLibrary = async (lab: FleetLab, from: string): Promise<void> => {
  const script = `install -D -m 644 -o root -g root -- ${from} ${vanishingLibrary}`;
  await Promise.all(lab.hosts.map((host) => execOnHost(host, ['sh', '-c', script])));
};

const play = async (context: SceneContext): Promise<SceneResult> => {
  const { stage, command, reportDirectory } = context;
  const { clock } = command.surroundings;
  const { signal } = command;
  let oracle: Oracle | undefined;
  stage.announce(titles);
  try {
    const { lab, configPath } = await stage.act(
      () =>
        bringLabUp({
          name: labName,
          suites: ['bookworm', 'bookworm'],
          relaysPerHost: 4,
          signal,
          onProgress: (doing) => stage.note(doing),
        }),
      (up) => `${up.lab.network.nodes.length} nodes beside them`,
    );
    const directory = dirname(configPath);
    const cli = openInnerCli(command, { directory, stateHome: join(directory, 'state') });
    const fingerprints = new Map(lab.fleet.map(({ host, name, fingerprint }) => [`${host}/${name}`, fingerprint]));
    const config = parseDocument(await readFile(configPath, 'utf8'));
    const library = String(config.getIn(['allocators', 'jemalloc', 'library']));
    await plantVanishingLibrary(lab, library);

    const startedMs = clock.now();
    const phases: { name: string; fromMs: number; toMs: number }[] = [];
    const phase = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
      const fromMs = clock.now();
      const result = await act();
      phases.push({ name, fromMs, toMs: clock.now() });
      return result;
    };

    const calm = await stage.act(
      () =>
        phase('calm', async () => {
          oracle = await startOracle({
            network: lab.network,
            fleet: [...fingerprints.values()],
            ratePerSecond: 5,
            downloads: 2,
            downloadSeconds: 20,
            signal,
            recordsFile: join(directory, 'traffic', 'records.ndjson'),
          });
          oracle.on((record) => stage.showTraffic(record));
          await clock.sleep(calmMs, signal);
          return { memory: await readMemory(cli), whole: await Promise.all(lab.hosts.map(readWhole)) };
        }),
      ({ memory }) => `${formatBytes(memory.total)} of memory in eight relays`,
    );
    const traffic = oracle as unknown as Oracle;
    const restarts = watchRestarts({
      begun: (relay, fromMs) => traffic.restarting(fingerprints.get(relay) ?? '', { fromMs }),
      over: (relay, atMs) => traffic.restarted(fingerprints.get(relay) ?? '', atMs),
    });

    const applied = await stage.act(
      () =>
        phase('to mimalloc and jemalloc', async () => {
          await declare(configPath, (document) => {
            document.set(
              'settings',
              document.createNode([{ select: '*', allocator: { mimalloc: '90%', jemalloc: '10%' } }]),
            );
            document.set('restart', document.createNode({ serial: [1, 3, 4] }));
          });
          const plan = await planInto(cli, 'change.plan');
          const done = await conduct(cli, context, restarts, plan, ['apply', 'change.plan', '--yes']);
          return { ...done, plan, memory: await readMemory(cli) };
        }),
      ({ outcome, memory }) => `${outcome}; ${formatBytes(memory.total)} of memory`,
    );

    const victims = [...applied.memory.allocators]
      .filter(([relay, allocator]) => relay.startsWith(`${faultyHost}/`) && allocator === 'mimalloc')
      .map(([relay]) => relay)
      .slice(0, 2);
    const fault = await stage.act(
      () =>
        phase('fault', async () => {
          await declare(configPath, (document) => {
            document.setIn(
              ['allocators', 'vanishing'],
              document.createNode({
                version: config.getIn(['allocators', 'jemalloc', 'version']),
                library: vanishingLibrary,
                buildIds: config.getIn(['allocators', 'jemalloc', 'buildIds']),
              }),
            );
            document.addIn(['settings'], document.createNode({ select: victims.join(','), allocator: 'vanishing' }));
            document.set('restart', document.createNode({ serial: [2] }));
          });
          const plan = await planInto(cli, 'fault.plan');
          const host = hostOf(lab, victims[0] ?? '');
          let vanished: Promise<void> | undefined;
          const failures: string[] = [];
          const done = await conduct(cli, context, restarts, plan, ['apply', 'fault.plan', '--yes'], (event) => {
            if (event.kind === 'step.verified' && event.step === 'drop-in')
              vanished ??= removeLibrary(host, vanishingLibrary);
            if (event.kind === 'gate.failed') failures.push(event.gate);
          });
          await vanished;
          await restoreLibrary(host, vanishingLibrary);
          return { ...done, failures, memory: await readMemory(cli), planned: plan.items.length };
        }),
      ({ failures, outcome }) => `caught by ${failures[0] ?? 'no gate'}; ${outcome}`,
    );
    const faultCaught =
      fault.outcome === 'failed-undone' &&
      fault.failures.includes('allocator-loaded') &&
      victims.every((relay) => fault.memory.allocators.get(relay) === applied.memory.allocators.get(relay));

    const undone = await stage.act(
      () =>
        phase('way back', async () => {
          const words = ['run', 'undo', applied.run, '--yes'];
          const done = await conduct(cli, context, restarts, applied.plan, words);
          return { ...done, memory: await readMemory(cli) };
        }),
      ({ outcome, memory }) => `${outcome}; ${formatBytes(memory.total)} of memory`,
    );
    const differences = await stage.act(
      async () => {
        const after = await Promise.all(lab.hosts.map(readWhole));
        return calm.whole.flatMap((before, index) =>
          compareWhole(before, after[index] ?? []).map((line) => `${lab.hosts[index]?.name}: ${line}`),
        );
      },
      (lines) =>
        lines.length === 0 ? `${calm.whole.flat().length} lines, all the same` : `${lines.length} lines differ`,
    );
    const summary = await traffic.stop();
    oracle = undefined;

    const relaysChanged = [...applied.memory.allocators].filter(
      ([relay, allocator]) => allocator !== calm.memory.allocators.get(relay),
    ).length;
    const untouched = restarts.restarts.filter(
      ({ fromMs, toMs }) => traffic.requestsDuring({ fromMs, toMs: toMs ?? fromMs }).length === 0,
    );
    const undoIdentical = undone.outcome === 'undone' && differences.length === 0;
    const proofs = [
      {
        holds: relaysChanged === 8 && applied.outcome === 'done',
        text: `${relaysChanged} of 8 relays were changed, each proved by the build-id of the library that its process has mapped`,
      },
      {
        holds: faultCaught,
        text: `a library vanished between the plan and a restart: the gate ${fault.failures[0] ?? '(none)'} caught it, the run stopped, its batch went back by itself`,
      },
      {
        holds: undoIdentical,
        text: `a separate reader found ${calm.whole.flat().length} paths, contents, unit states and packages as before`,
      },
      {
        holds: summary.requests.sent >= 200 && untouched.length === 0,
        text: `${summary.requests.sent} requests were sent, some during every one of ${restarts.restarts.length} restarts`,
      },
      {
        holds: summary.requests.failed === 0 && summary.streams.failed === 0,
        text: `${summary.requests.failed} requests failed`,
      },
    ];
    const reportPath = join(reportDirectory, 'allocator.html');
    await writeFile(
      reportPath,
      renderRolloutPage(
        collectRollout({
          span: { fromMs: startedMs, toMs: clock.now() },
          phases,
          restarts: restarts.restarts,
          records: traffic.records,
          before: calm.memory,
          after: applied.memory,
          back: undone.memory,
          fingerprints,
          proofs,
          streams: summary.streams,
        }),
      ),
    );
    const broken = [
      ...proofs.filter(({ holds }) => !holds).map(({ text }) => text),
      ...differences.slice(0, 10),
      ...summary.failures.slice(0, 5).map(({ id, reason }) => `${id}: ${reason ?? 'failed'}`),
    ];
    const facts: JsonObject = {
      relaysChanged,
      faultCaught,
      undoIdentical,
      memoryBeforeBytes: calm.memory.total,
      memoryAfterBytes: applied.memory.total,
      memoryBackBytes: undone.memory.total,
      restarts: restarts.restarts.length,
      setupSeconds: Math.round(lab.network.timings.totalMs / 1000),
    };
    return {
      name: 'allocator',
      requests: { sent: summary.requests.sent, failed: summary.requests.failed },
      streams: { opened: summary.streams.opened, cut: summary.streams.cut },
      facts,
      broken,
      summary: [
        `${relaysChanged} relays changed in ${restarts.restarts.length} restarts, the way back and the fault included`,
        `memory ${formatBytes(calm.memory.total)} → ${formatBytes(applied.memory.total)} (${formatChange(calm.memory.total, applied.memory.total)}); just restarted on glibc again: ${formatBytes(undone.memory.total)}`,
        `${summary.requests.sent} requests, ${summary.requests.failed} failed, ${summary.requests.retried} took another circuit; ${summary.streams.opened} long downloads, ${summary.streams.cut} cut by a planned restart`,
        `fault ${faultCaught ? 'caught, batch went back' : 'NOT caught'}; undo ${undoIdentical ? 'identical' : 'NOT identical'}`,
        `report: ${reportPath}`,
      ],
    };
  } finally {
    await oracle?.stop().catch(() => {}); // the lab below it goes anyway
    await dropLab(labName);
  }
};

export const scene: Scene = { name: 'allocator', summary: 'a fleet changes its allocator while traffic flows', play };
