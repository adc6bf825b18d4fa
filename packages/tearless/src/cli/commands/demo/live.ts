// Scene `live`: the only exit of a private network takes the code of two newer versions while it runs, and goes back, with streams
// open through it all the time; then it is restarted in the ordinary way. What it proves is judged in live-verdict.ts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HeldNetwork, startHeldNetwork } from '@tearless/lab/traffic/held-network.ts';
import type { HeldStream } from '@tearless/lab/traffic/held-stream.ts';
import type { Oracle } from '@tearless/lab/traffic/oracle.ts';
import { startOracle } from '@tearless/lab/traffic/start-oracle.ts';
import { createLocalHost } from '../../../host/create-host.ts';
import type { LiveBuild } from '../../../live/apply/live-build.ts';
import { Streak, type StreakStep } from '../../../live/streak/streak.ts';
import { ensureBuilds } from '../../../live/testing/ensure-builds.ts';
import { suffixOf } from '../../../live/testing/successors/successor.ts';
import { successorEdits } from '../../../live/testing/successors/successors.ts';
import { renderCarryingPage } from '../../../report/carrying-page.ts';
import { judgeLiveScene, type LiveChange } from '../../core/demo/live-verdict.ts';
import type { Scene, SceneContext, SceneResult } from '../../core/demo/scene.ts';
import { currentHelper } from '../../core/hosts.ts';
import { ensureInjector } from '../../core/live/ensure-injector.ts';
import { liveMeans } from '../../core/live/means.ts';
import { openProcessDoor } from '../../core/live/process-door.ts';

const labName = 'demo-live';
const load = { ratePerSecond: 5, downloads: 1, downloadSeconds: 10 };
const heldOf = { exit: 15, onion: 5 };
/** Two are the oracle's; the last one holds streams. */
const clients = 3;
/** Between changes, so that each shows in what users meet. */
const calmMs = 6000;
const limits = { maxPauseUs: 20_000, findUs: 60_000_000 };

const titles = [
  'a tor made ready for updates, and two successors',
  'a private Tor network whose only exit runs it',
  'people use the relay',
  'it takes the code of the first successor',
  'it takes the code of the second',
  'it goes back, twice',
  'the same relay is restarted in the ordinary way',
];

const inMs = (us: number): number => Number((us / 1000).toFixed(1));

/** Circuits that carry streams of the client, and are built. */
const listCircuits = async ({ client }: HeldNetwork): Promise<Set<string>> => {
  const control = await client.control;
  const [streams, circuits] = [await control.getInfo('stream-status'), await control.getInfo('circuit-status')];
  const built = new Set(circuits.split('\n').flatMap((line) => /^(\d+) BUILT /.exec(line)?.[1] ?? []));
  const carrying = streams.split('\n').flatMap((line) => /^\d+ SUCCEEDED (\d+) /.exec(line)?.[1] ?? []);
  return new Set(carrying.filter((id) => built.has(id)));
};

/** Stops it as an operator would, starts it, and waits until a stream goes through it again. */
const restart = async (lab: HeldNetwork, held: readonly HeldStream[]) => {
  const circuits = await listCircuits(lab);
  const startedMs = performance.now();
  await lab.exit.stop({ signal: 'SIGINT' });
  await lab.exit.start(['--__OwningControllerProcess', String(process.pid)]);
  const [stream] = await lab.openStreams('exit', 1);
  const seconds = (performance.now() - startedMs) / 1000;
  stream?.drop();
  const left = await listCircuits(lab);
  return {
    streamsLost: held.filter(({ cut }) => cut !== undefined).length,
    circuitsLost: [...circuits].filter((id) => !left.has(id)).length,
    secondsWithoutService: Number(seconds.toFixed(1)),
  };
};

const playOnLab = async (
  context: SceneContext,
  lab: HeldNetwork,
  builds: readonly LiveBuild[],
  setUpSeconds: number,
): Promise<SceneResult> => {
  const { stage, command, reportDirectory } = context;
  const { surroundings, signal } = command;
  const { clock } = surroundings;
  const [first, ...successors] = builds;
  const { pid } = lab.exit;
  if (first === undefined || pid === undefined) throw new TypeError('no build, or no relay');
  const control = await lab.exit.control;
  const plain = await control.getInfo('version');
  const host = createLocalHost({ name: surroundings.machine, helper: currentHelper() });
  const folder = await mkdtemp(join(tmpdir(), 'tearless-demo-'));
  let oracle: Oracle | undefined;
  try {
    const startedMs = clock.now();
    const held = await stage.act(
      async () => {
        oracle = await startOracle({ network: lab.network, fleet: [lab.exit.fingerprint ?? ''], ...load, signal });
        oracle.on((record) => stage.showTraffic(record));
        const streams = [
          ...(await lab.openStreams('exit', heldOf.exit)),
          ...(await lab.openStreams('onion', heldOf.onion)),
        ];
        await clock.sleep(calmMs, signal);
        return streams;
      },
      (streams) => `${streams.length} streams are held open; those to exits go through it`,
    );
    const circuits = await listCircuits(lab);
    // Nothing of the scene stays where the operator keeps what is theirs.
    const env = { ...surroundings.env, XDG_STATE_HOME: folder };
    const { path: injector } = await ensureInjector({ ...command, surroundings: { ...surroundings, env } });
    const door = openProcessDoor(host, injector, signal);
    const streak = await Streak.begin({ door, pid, build: first, ...limits });
    const changes: LiveChange[] = [];
    const note = async (what: string, step: StreakStep, generation: number): Promise<void> => {
      const version = await control.getInfo('version');
      const wanted = generation === 0 ? plain : `${plain} ${suffixOf(generation)}`;
      changes.push({ what, version, wanted, pauseMs: inMs(step.pauseUs), atMs: clock.now() });
      await clock.sleep(calmMs, signal);
    };
    const tell = (): string => {
      const last = changes.at(-1);
      return last === undefined ? '' : `${last.version}; it stood still for ${last.pauseMs} ms`;
    };
    for (const [index, build] of successors.entries())
      await stage.act(async () => note('new code', await streak.forward(build, undefined), index + 1), tell);
    await stage.act(async () => {
      for (let generation = successors.length - 1; generation >= 0; generation--)
        await note('back', await streak.back(), generation);
    }, tell);
    await Promise.all(held.filter(({ cut }) => cut === undefined).map((stream) => stream.moves()));
    const kept = {
      streams: held.filter(({ cut }) => cut === undefined).length,
      circuits: [...(await listCircuits(lab))].filter((id) => circuits.has(id)).length,
    };
    const samePid = lab.exit.pid === pid;
    const summary = await (oracle as unknown as Oracle).stop();
    const lost = await stage.act(
      () => restart(lab, held),
      ({ streamsLost, secondsWithoutService }) =>
        `${streamsLost} streams cut; it serves again after ${secondsWithoutService} s`,
    );
    const reportPath = join(reportDirectory, 'live.html');
    const { proofs, result } = judgeLiveScene({
      setUpSeconds,
      changes,
      summary,
      failures: summary.failures.slice(0, 5).map(({ attempts }) => JSON.stringify(attempts)),
      held: { streams: held.length, circuits: circuits.size },
      kept,
      samePid,
      restart: lost,
      reportPath,
    });
    const { requests } = result;
    const span = { fromMs: startedMs, toMs: clock.now() };
    const title = 'A relay in use takes new code';
    await writeFile(reportPath, renderCarryingPage({ title, span, changes, kept, requests, restart: lost, proofs }));
    return result;
  } finally {
    await oracle?.stop({ abandon: true });
    await host.close();
    await rm(folder, { recursive: true });
  }
};

const play = async (context: SceneContext): Promise<SceneResult> => {
  const { stage, command } = context;
  const { clock } = command.surroundings;
  stage.announce(titles, 'requests through the relay');
  const startedMs = clock.now();
  const directories = await stage.act(
    () => ensureBuilds(successorEdits.slice(0, 2), { onProgress: (doing) => stage.note(doing) }),
    (made) => `${made.length} builds, in the cache from now on`,
  );
  const setUpSeconds = Math.round((clock.now() - startedMs) / 1000);
  const builds = directories.map((directory) => liveMeans.readBuild(directory));
  const lab = await stage.act(
    () => startHeldNetwork(labName, { tor: `${directories[0]}/tor`, clients, signal: command.signal }),
    ({ network }) => `${network.nodes.length} nodes`,
  );
  try {
    return await playOnLab(context, lab, builds, setUpSeconds);
  } finally {
    await lab.stop();
  }
};

export const scene: Scene = {
  name: 'live',
  summary: 'a relay in use takes the code of newer versions, and goes back',
  play,
};
