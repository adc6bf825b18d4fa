// Plays scenes on a lab of its own: the product at work on real tor, real hosts and real traffic. Leaves nothing behind.
import { CliError, usageError } from '../core/cli-error.ts';
import { defineCommand } from '../core/command.ts';
import type { SceneResult } from '../core/demo/scene.ts';
import { exitCodes } from '../core/exit-codes.ts';

/** Every scene, in the order in which they are played. */
const scenes = {
  allocator: async () => (await import('./demo/allocator.ts')).scene,
  balancer: async () => (await import('./demo/balancer.ts')).scene,
  live: async () => (await import('./demo/live.ts')).scene,
};

type SceneName = keyof typeof scenes;
const sceneNames = Object.keys(scenes) as SceneName[];

export const command = defineCommand({
  summary: 'watch tearless at work on a private Tor network',
  details:
    'Needs root, for the lab. Each scene takes under five minutes once the lab’s root file systems and, for live, the builds of tor are made.\nA report of each scene is written as HTML.',
  examples: [
    ['tearless demo', 'every scene'],
    ['tearless demo --scene balancer', 'one onion address over four workers that come and go'],
    ['tearless demo --scene live', 'a running relay takes new code'],
    ['tearless demo --scene allocator --json', 'one scene, its figures as JSON'],
  ],
  options: {
    scene: { type: 'string', value: 'NAME', summary: `one scene: ${sceneNames.join(', ')}`, complete: sceneNames },
    report: {
      type: 'string',
      value: 'DIR',
      summary: 'where the reports go; demo-report by default',
      complete: 'directory',
    },
  },
  json: 'tearless.demo/v1',
  async run(context, { options }) {
    const wanted = sceneNames.filter((name) => options.scene === undefined || options.scene === name);
    if (wanted.length === 0)
      throw usageError(`there is no scene '${options.scene}'`, `one of ${sceneNames.join(', ')}`);
    const [{ openStage }, { asCliError }, { mkdir }, { resolve }] = await Promise.all([
      import('../core/demo/stage-screen.ts'),
      import('../core/lab-error.ts'),
      import('node:fs/promises'),
      import('node:path'),
    ]);
    const { surroundings, output } = context;
    const reportDirectory = resolve(surroundings.cwd, options.report ?? 'demo-report');
    await mkdir(reportDirectory, { recursive: true });
    const startedMs = surroundings.clock.now();
    const results: SceneResult[] = [];
    for (const name of wanted) {
      const scene = await scenes[name]();
      const { stage, close } = openStage(context, `tearless demo: ${scene.summary}`);
      try {
        results.push(await scene.play({ command: context, stage, reportDirectory }));
      } catch (error) {
        throw asCliError(error);
      } finally {
        close();
      }
    }
    const durationSeconds = Math.round((surroundings.clock.now() - startedMs) / 1000);
    const figures = results.map(({ name, requests, streams, facts }) => ({ name, requests, streams, facts }));
    output.result('tearless.demo/v1', { durationSeconds, scenes: figures }, () =>
      results.flatMap(({ summary }) => summary),
    );
    const broken = results.flatMap(({ name, broken: promises }) => promises.map((promise) => `${name}: ${promise}`));
    if (broken.length === 0) return exitCodes.done;
    if (output.json) {
      for (const line of broken) output.note(line);
      return exitCodes.findings;
    }
    throw new CliError({
      kind: 'findings',
      code: 'demo-promise-broken',
      message: broken.join('\n'),
      hint: `see the reports in ${reportDirectory}`,
    });
  },
});
