// Scene `balancer`: one onion address over four workers on two hosts; one is added, one killed, one drained, while visitors
// come without a pause. What it proves is judged in balancer-verdict.ts.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dropLab } from '@tearless/lab/base/claim-lab.ts';
import { execOnHost } from '@tearless/lab/hosts/exec.ts';
import type { NetworkNode } from '@tearless/lab/network/network-node.ts';
import type { SiteTor } from '@tearless/lab/site/site-lab.ts';
import { startCrowd } from '@tearless/lab/traffic/crowd.ts';
import { startVisiting, type Visiting } from '@tearless/lab/traffic/visiting.ts';
import { type Visit, Visitor } from '@tearless/lab/traffic/visitor.ts';
import { type Document, parseDocument } from 'yaml';
import type { JsonObject } from '../../../base/json.ts';
import { renderBalancingPage } from '../../../report/balancing-page.ts';
import { CliError } from '../../core/cli-error.ts';
import { type BalancerChange, judgeBalancerScene } from '../../core/demo/balancer-verdict.ts';
import { BalancerWatch } from '../../core/demo/balancer-watch.ts';
import { collectBalancing, countPoints } from '../../core/demo/collect-balancing.ts';
import { type Followed, type InnerCli, openInnerCli } from '../../core/demo/inner-cli.ts';
import type { Scene, SceneContext, SceneResult } from '../../core/demo/scene.ts';
import { bringSiteUp, type SiteUp, siteName, workerEntry } from '../../core/demo/site-up.ts';

const labName = 'demo';
const size = { hosts: 2, torsPerHost: 2, relays: 20, clients: 9 };
const visitsOf = { everyMs: 500, memoryMs: 10_500 };
/** Between changes, so that each shows in what visitors meet. */
const calmMs = 15_000;

const titles = [
  'a private Tor network, two hosts, four tors',
  'three workers get their keys, and the balancer serves one address',
  'people visit it',
  'a fourth worker is added',
  'a worker is killed',
  'a worker is drained',
];

const shown = (visit: Visit) => ({ ...visit, form: 'request' as const });

/** Types a command that must succeed. */
const must = async (cli: InnerCli, words: readonly string[], onLine?: (event: JsonObject) => void): Promise<void> => {
  const { exitCode, result } = await cli.run(words, onLine);
  if (exitCode === 0) return;
  const { error } = result as { error?: { message?: string } };
  throw new CliError({
    kind: 'failed',
    code: 'demo-command-failed',
    message: `tearless ${words.join(' ')}: ${error?.message ?? 'gave no result'}`,
  });
};

const declareWorker = async (configPath: string, tor: SiteTor): Promise<void> => {
  const document = parseDocument(await readFile(configPath, 'utf8')) as Document;
  document.setIn(['onions', siteName, 'workers', tor.instance], document.createNode(workerEntry(tor)));
  await writeFile(configPath, document.toString({ lineWidth: 0 }));
};

/** Its tor dies at once and is not started again. */
const killTor = async ({ host, instance }: SiteTor): Promise<void> => {
  const unit = `tor@${instance}.service`;
  const script = `mkdir -p "/run/systemd/system/$1.d" && printf '[Service]\\nRestart=no\\n' >"/run/systemd/system/$1.d/killed.conf" && systemctl daemon-reload && systemctl kill --signal=SIGKILL "$1"`;
  await execOnHost(host, ['sh', '-c', script, 'sh', unit]);
};

/** The balancer as its operator runs it, told apart from the process that it runs in. */
const openBalancer = (cli: InnerCli, node: NetworkNode, watch: BalancerWatch) => {
  const words = ['balance', 'run', siteName, '--control', node.plan.controlSocket];
  let followed: Followed | undefined;
  return {
    start(): void {
      followed = cli.follow(words, (event) => watch.onEvent(event));
      followed.ended.then(
        () => {},
        (error: unknown) => watch.fail(error),
      );
    },
    async stop(): Promise<void> {
      await followed?.stop();
      followed = undefined;
    },
  };
};

const playOnLab = async (context: SceneContext, site: SiteUp): Promise<SceneResult> => {
  const { stage, command, reportDirectory } = context;
  const { clock } = command.surroundings;
  const { lab, configPath, address } = site;
  const [, second, third, fourth] = lab.tors;
  if (second === undefined || third === undefined || fourth === undefined) throw new TypeError('too few tors');
  const [balancerNode, crowdNode, ...visitorNodes] = lab.network.withRole('client');
  if (balancerNode === undefined || crowdNode === undefined) throw new TypeError('too few clients');
  const directory = dirname(configPath);
  const cli = openInnerCli(command, { directory, stateHome: join(directory, 'state') });
  const watch = new BalancerWatch();
  const balancer = openBalancer(cli, balancerNode, watch);
  const phases: { name: string; fromMs: number; toMs: number }[] = [];
  const changes: BalancerChange[] = [];
  const deploy = () =>
    must(cli, ['balance', 'deploy', siteName, '--yes'], ({ item, summary }) => {
      if (typeof item === 'string' && typeof summary === 'string') stage.note(`${item}: ${summary}`);
    });
  const calm = () => clock.sleep(calmMs, command.signal);
  const phase = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const fromMs = clock.now();
    const result = await act();
    phases.push({ name, fromMs, toMs: clock.now() });
    return result;
  };
  const change = async (
    what: Pick<BalancerChange, 'kind' | 'what'>,
    { instance }: SiteTor,
    state: string,
    act: () => Promise<void>,
  ): Promise<BalancerChange> => {
    const atMs = clock.now();
    await act();
    const round = await watch.untilPublished(instance, state, atMs);
    const made = { ...what, worker: instance, atMs, publishedMs: round.atMs };
    changes.push(made);
    await calm();
    return made;
  };
  const tookOf = ({ atMs, publishedMs }: BalancerChange) =>
    `at every directory after ${((publishedMs - atMs) / 1000).toFixed(1)} s`;
  const crowd = await startCrowd(crowdNode, lab.network);
  let visiting: Visiting | undefined;
  try {
    await stage.act(
      async () => {
        await deploy();
        balancer.start();
        return watch.until('a first round', () => watch.rounds.find(({ points }) => points >= 9));
      },
      ({ points, bodies, directories }) =>
        `${points} introduction points in ${bodies} ${bodies === 1 ? 'descriptor' : 'descriptors'} at ${directories} directories`,
    );
    const startedMs = clock.now();
    await stage.act(
      () =>
        phase('calm', async () => {
          const visitors = visitorNodes.map((node) => new Visitor(node));
          const onVisit = (visit: Visit) => stage.showTraffic(shown(visit));
          visiting = startVisiting({ visitors, address, ...visitsOf, onVisit });
          await calm();
          return visitors.length;
        }),
      (count) => `${count} visitors, who forget what they know every ten seconds or so`,
    );
    await stage.act(
      () =>
        phase('added', () =>
          change({ kind: 'added', what: `${fourth.instance} is added` }, fourth, 'in', async () => {
            await declareWorker(configPath, fourth);
            await deploy();
            await balancer.stop();
            balancer.start();
          }),
        ),
      tookOf,
    );
    const whole = watch.rounds.at(-1);
    await stage.act(
      () =>
        phase('killed', () =>
          change({ kind: 'killed', what: `${second.instance} is killed` }, second, 'out', () => killTor(second)),
        ),
      tookOf,
    );
    await stage.act(
      () =>
        phase('drained', () =>
          change({ kind: 'drained', what: `${third.instance} is drained` }, third, 'draining', () =>
            must(cli, ['balance', 'drain', `${siteName}/${third.instance}`, '--yes']),
          ),
        ),
      tookOf,
    );
    const visits = (await visiting?.stop()) ?? [];
    const { result: maps } = await cli.run(['balance', 'maps']);
    await balancer.stop();
    const reportPath = join(reportDirectory, 'balancer.html');
    const workers = lab.tors.map(({ instance }) => instance);
    const evidence = {
      workers,
      visits,
      changes,
      introductionPoints: whole?.points ?? 0,
      distinctDescriptors: whole?.bodies ?? 0,
      pointsLeft: countPoints(maps, [second.instance, third.instance]),
      reportPath,
    };
    const { proofs, shares, result } = judgeBalancerScene(evidence);
    const span = { fromMs: startedMs, toMs: clock.now() };
    await writeFile(
      reportPath,
      renderBalancingPage(collectBalancing({ ...evidence, span, phases, states: watch.states, shares, proofs })),
    );
    return result;
  } finally {
    await visiting?.stop();
    await balancer.stop();
    await crowd.stop();
  }
};

const play = async (context: SceneContext): Promise<SceneResult> => {
  const { stage, command } = context;
  stage.announce(titles, 'new connections to one address');
  const site = await stage.act(
    () =>
      bringSiteUp({
        name: labName,
        ...size,
        workers: 3,
        signal: command.signal,
        onProgress: (doing) => stage.note(doing),
      }),
    ({ lab }) => `${lab.network.nodes.length} nodes beside them`,
  );
  try {
    return await playOnLab(context, site);
  } finally {
    await dropLab(labName);
  }
};

export const scene: Scene = {
  name: 'balancer',
  summary: 'one onion address over four workers that come and go',
  play,
};
