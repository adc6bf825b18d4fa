// Gives the verdict for each release tree that appears in a folder.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'give the verdict for each release tree that appears in a folder',
  details:
    'Each tree is waited for until it is whole, built with the layouts of the build that runs, and judged: a line each, for those\nthat are there as well. A directory that is a build already is judged as it is. Rules for DIR/NAME lie in DIR/NAME.rules.yaml.\nEnds with Ctrl-C. --json prints a line of JSON each.',
  examples: [
    ['tearless live watch releases --from build-0.4.9.11', 'unpack releases there as they are published'],
    ['tearless live watch releases --from build-0.4.9.11 --json', 'for a script'],
  ],
  positionals: [{ name: 'DIR', summary: 'where trees appear', required: true, complete: 'directory' }],
  options: {
    from: { type: 'string', value: 'BUILD', summary: 'the build that runs', complete: 'directory' },
    builds: {
      type: 'string',
      value: 'DIR',
      summary: 'where the builds of trees go; .builds in DIR by default',
      complete: 'directory',
    },
    jobs: { type: 'string', value: 'N', summary: 'how many compilers at once; 2 by default' },
  },
  json: 'tearless.live-watch/v1',
  async run(context, { options, positionals: [directory = ''] }) {
    const [
      { judgeTree, renderJudged },
      { watchTrees },
      { liveMeans },
      { readJobs },
      { isDescribedError },
      { usageError },
      { statSync },
      { join, resolve },
    ] = await Promise.all([
      import('../../core/live/judge-tree.ts'),
      import('../../core/live/watch-trees.ts'),
      import('../../core/live/means.ts'),
      import('../../core/live/read-jobs.ts'),
      import('../../../base/error.ts'),
      import('../../core/cli-error.ts'),
      import('node:fs'),
      import('node:path'),
    ]);
    const { surroundings, output, signal } = context;
    if (options.from === undefined) throw usageError('which build runs?', '--from BUILD');
    const jobs = readJobs(options.jobs);
    const folder = resolve(surroundings.cwd, directory);
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found === undefined) throw usageError(`${folder} is not there`, 'make it first');
    if (!found.isDirectory())
      throw usageError(`${folder} is no folder`, 'name the one that releases are unpacked into');
    const fromDirectory = resolve(surroundings.cwd, options.from);
    const from = liveMeans.readBuild(fromDirectory);
    const builds = options.builds === undefined ? join(folder, '.builds') : resolve(surroundings.cwd, options.builds);
    const stop = new AbortController();
    const forget = context.onStopRequested(() => stop.abort());
    output.note(`watching ${folder}; Ctrl-C ends it`);
    try {
      const trees = watchTrees({
        folder,
        clock: surroundings.clock,
        signal: AbortSignal.any([signal, stop.signal]),
        quietMs: 3000,
        onWaiting: (name) => output.note(`${name}: waiting for the rest of it`),
      });
      for await (const name of trees) {
        try {
          const judged = await judgeTree(context, { folder, name, fromDirectory, from, builds, jobs });
          output.result('tearless.live-watch/v1', { ...judged }, () => [renderJudged(judged)]);
        } catch (error) {
          // One that cannot be built is no reason to miss the next.
          if (!isDescribedError(error) || error.kind === 'bug' || error.kind === 'interrupted') throw error;
          const { code, message } = error;
          const [first = '', ...rest] = message.split('\n');
          output.result('tearless.live-watch/v1', { tree: name, error: { code, message } }, () => [
            `${name}: cannot be judged: ${first.replace(/:$/, '')}`,
          ]);
          for (const line of rest) output.note(`  ${line}`);
        }
      }
    } finally {
      forget();
    }
    return exitCodes.done;
  },
});
