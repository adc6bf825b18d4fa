// Scene `allocator`: a fleet of eight relays changes its allocator while people use it; one step is broken on purpose; then
// everything goes back, and a separate reader proves it. What it proves is judged in allocator-verdict.ts.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import type { FleetLab } from '@tearless/lab/fleet/fleet-lab.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import { removeLibrary, restoreLibrary } from '@tearless/lab/hosts/faults.ts';
import type { LabHost } from '@tearless/lab/hosts/host-record.ts';
import type { Oracle } from '@tearless/lab/traffic/oracle.ts';
import { startOracle } from '@tearless/lab/traffic/start-oracle.ts';
import { formatBytes } from '../../../report/format.ts';
import { renderRolloutPage } from '../../../report/rollout-page.ts';
import { judgeAllocatorScene } from '../../core/demo/allocator-verdict.ts';
import { collectRollout } from '../../core/demo/collect-rollout.ts';
import { type FleetReading, type Hand, openHand } from '../../core/demo/hand.ts';
import { watchRestarts } from '../../core/demo/restarts.ts';
import type { Scene, SceneContext, SceneResult } from '../../core/demo/scene.ts';
import { compareWhole, readWhole } from '../../core/demo/separate-reader.ts';
import { bringLabUp } from '../../core/lab-up.ts';

const labName = 'demo';
const load = { ratePerSecond: 5, downloads: 2, downloadSeconds: 20 };
const calmMs = 12_000;

/** The fault is planted on two relays of this host: a good library that vanishes after the plan was made. */
const faultyHost = 'h2';
const vanishing = 'vanishing';
const vanishingLibrary = '/usr/local/lib/tearless-demo/libjemalloc.so.2';

const titles = [
  'a private Tor network, two hosts, eight relays on glibc',
  'people use the relays',
  'seven relays go to mimalloc, one to jemalloc',
  'a library vanishes in the middle of a change',
  'everything goes back',
  'a separate reader compares',
];

const plantLibrary = async (hosts: readonly LabHost[], hand: Hand): Promise<void> => {
  const library = String((await hand.read()).getIn(['allocators', 'jemalloc', 'library']));
  const install = ['install', '-D', '-m', '644', '-o', 'root', '-g', 'root', '--', library, vanishingLibrary];
  await Promise.all(hosts.map((host) => execOnHost(host, install)));
};

const changeAllocators = async (hand: Hand) => {
  await hand.declare((document) => {
    const shares = { mimalloc: '90%', jemalloc: '10%' };
    document.set('settings', document.createNode([{ select: '*', allocator: shares }]));
    document.set('restart', document.createNode({ serial: [1, 2, 2, 3] }));
  });
  const plan = await hand.plan('change.plan');
  const { run, outcome } = await hand.conduct(plan, ['apply', 'change.plan', '--yes']);
  return { run, outcome, plan, reading: await hand.readFleet() };
};

/** Two relays are to load a library that is gone when they restart: tor then starts with glibc and only warns. */
const breakOneStep = async (hand: Hand, host: LabHost, before: FleetReading) => {
  const victims = [...before.allocators]
    .filter(([relay, allocator]) => relay.startsWith(`${host.name}/`) && allocator === 'mimalloc')
    .map(([relay]) => relay)
    .slice(0, 2);
  await hand.declare((document) => {
    const version = document.getIn(['allocators', 'jemalloc', 'version']);
    const buildIds = document.getIn(['allocators', 'jemalloc', 'buildIds']);
    document.setIn(['allocators', vanishing], document.createNode({ version, library: vanishingLibrary, buildIds }));
    document.addIn(['settings'], document.createNode({ select: victims.join(','), allocator: vanishing }));
    document.set('restart', document.createNode({ serial: [victims.length] }));
  });
  const plan = await hand.plan('fault.plan');
  let gone: Promise<void> | undefined;
  const failedGates: string[] = [];
  const { outcome } = await hand.conduct(plan, ['apply', 'fault.plan', '--yes'], (event) => {
    if (event.kind === 'batch.started') gone ??= removeLibrary(host, vanishingLibrary);
    if (event.kind === 'gate.failed') failedGates.push(event.gate);
  });
  await gone;
  await restoreLibrary(host, vanishingLibrary);
  return { victims, outcome, failedGates, reading: await hand.readFleet() };
};

const readHosts = (hosts: readonly LabHost[]): Promise<string[][]> => Promise.all(hosts.map(readWhole));

const compareHosts = async (hosts: readonly LabHost[], before: readonly string[][]): Promise<string[]> => {
  const after = await readHosts(hosts);
  return hosts.flatMap(({ name }, index) =>
    compareWhole(before[index] ?? [], after[index] ?? []).map((line) => `${name}: ${line}`),
  );
};

/** The scene on a lab that is up, with traffic flowing until it ends. */
const playOnLab = async (context: SceneContext, lab: FleetLab, configPath: string): Promise<SceneResult> => {
  const { stage, command, reportDirectory } = context;
  const { signal } = command;
  const { clock } = command.surroundings;
  const fingerprints = new Map(lab.fleet.map(({ host, name, fingerprint }) => [`${host}/${name}`, fingerprint]));
  const phases: { name: string; fromMs: number; toMs: number }[] = [];
  const phase = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const fromMs = clock.now();
    const result = await act();
    phases.push({ name, fromMs, toMs: clock.now() });
    return result;
  };
  let oracle: Oracle | undefined;
  const restarts = watchRestarts({
    begun: (relay, fromMs) => oracle?.restarting(fingerprints.get(relay) ?? '', { fromMs }),
    over: (relay, atMs) => oracle?.restarted(fingerprints.get(relay) ?? '', atMs),
  });
  const hand = openHand(context, configPath, restarts.onEvent);
  await plantLibrary(lab.hosts, hand);
  try {
    const startedMs = clock.now();
    const calm = await stage.act(
      () =>
        phase('calm', async () => {
          const recordsFile = join(dirname(configPath), 'traffic', 'records.ndjson');
          oracle = await startOracle({
            network: lab.network,
            fleet: [...fingerprints.values()],
            ...load,
            signal,
            recordsFile,
          });
          oracle.on((record) => stage.showTraffic(record));
          await clock.sleep(calmMs, signal);
          return { reading: await hand.readFleet(), whole: await readHosts(lab.hosts) };
        }),
      ({ reading }) => `${formatBytes(reading.totalBytes)} of memory in eight relays`,
    );
    const applied = await stage.act(
      () => phase('to mimalloc and jemalloc', () => changeAllocators(hand)),
      ({ outcome, reading }) => `${outcome}; ${formatBytes(reading.totalBytes)} of memory`,
    );
    const host = lab.hosts.find(({ name }) => name === faultyHost);
    if (host === undefined) throw new TypeError(`no host ${faultyHost}`);
    const fault = await stage.act(
      () => phase('fault', () => breakOneStep(hand, host, applied.reading)),
      ({ failedGates, outcome }) => `caught by ${failedGates[0] ?? 'no gate'}; ${outcome}`,
    );
    const undone = await stage.act(
      () =>
        phase('way back', async () => {
          const { outcome } = await hand.conduct(applied.plan, ['run', 'undo', applied.run, '--yes']);
          return { outcome, reading: await hand.readFleet() };
        }),
      ({ outcome, reading }) => `${outcome}; ${formatBytes(reading.totalBytes)} of memory`,
    );
    const paths = calm.whole.flat().length;
    const differences = await stage.act(
      () => compareHosts(lab.hosts, calm.whole),
      (lines) => (lines.length === 0 ? `${paths} lines, all the same` : `${lines.length} lines differ`),
    );
    const traffic = oracle as unknown as Oracle;
    const summary = await traffic.stop();
    const reportPath = join(reportDirectory, 'allocator.html');
    const readings = { before: calm.reading, after: applied.reading, back: undone.reading };
    const verdict = judgeAllocatorScene({
      ...readings,
      applied: applied.outcome,
      fault,
      afterFault: fault.reading,
      undone: undone.outcome,
      differences,
      paths,
      summary,
      restarts: restarts.restarts,
      requestsDuring: (window) => traffic.requestsDuring(window).length,
      reportPath,
    });
    const span = { fromMs: startedMs, toMs: clock.now() };
    const { records } = traffic;
    const { streams } = summary;
    const sources = { ...readings, span, phases, restarts: restarts.restarts, records, fingerprints, streams };
    await writeFile(reportPath, renderRolloutPage(collectRollout({ ...sources, proofs: verdict.proofs })));
    return verdict.result;
  } finally {
    await oracle?.stop();
  }
};

const play = async (context: SceneContext): Promise<SceneResult> => {
  const { stage, command } = context;
  stage.announce(titles, 'requests through the fleet');
  const { lab, configPath } = await stage.act(
    () =>
      bringLabUp({
        name: labName,
        suites: ['bookworm', 'bookworm'],
        relaysPerHost: 4,
        signal: command.signal,
        onProgress: (doing) => stage.note(doing),
      }),
    (up) => `${up.lab.network.nodes.length} nodes beside them`,
  );
  try {
    return await playOnLab(context, lab, configPath);
  } finally {
    await dropLab(labName);
  }
};

export const scene: Scene = {
  name: 'allocator',
  summary: 'a fleet changes its allocator while traffic flows',
  play,
};
