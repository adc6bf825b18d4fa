// Designs an experiment on the live fleet and writes it into tearless.yaml. Touches no relay.
import { defineCommand } from '../../core/command.ts';
import { designOptions } from '../../core/design-options.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'assign relays to arms at random and write the experiment down; touches no relay',
  details:
    'Reads the fleet: relays with settings of earlier experiments, timers or cron lines that restart them, missing flags or\nanother tor are left out and named. The others are matched by flags, host, memory and bandwidth; in each block of like\nrelays the seed draws who gets what. Tells what the experiment can find, and writes it into tearless.yaml.',
  examples: [
    ["tearless experiment design mem --arms 'glibc,mimalloc,jemalloc'", 'three allocators, all relays that may'],
    [
      "tearless experiment design dir --arms 'glibc,nodir=glibc+DirCache:0' --relays-per-arm 10 --dry-run",
      'an option of torrc; only shows',
    ],
    ['tearless experiment design upd --template live-update-against-restart', 'arms and outcomes made ready'],
  ],
  positionals: [{ name: 'NAME', summary: 'what it shall be called', required: true }],
  options: designOptions,
  json: 'tearless.experiment-design/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ openFleet }, { readDesignWishes }, { readLimit }, { readCandidates }, { designExperiment }] =
      await Promise.all([
        import('../../core/fleet.ts'),
        import('../../core/design-options.ts'),
        import('../../core/make-plan.ts'),
        import('../../core/design-candidates.ts'),
        import('../../../experiments/design/design-experiment.ts'),
      ]);
    const [{ declareExperiment }, { findLayers }, { renderDesign }, { replaceFile }, { readSampledBefore }, names] =
      await Promise.all([
        import('../../../config/edit-experiments.ts'),
        import('../../../config/experiments.ts'),
        import('../../core/render/design-lines.ts'),
        import('../../core/own-files.ts'),
        import('../../core/sampled-before.ts'),
        import('../../core/record-experiment.ts'),
      ]);
    const { output, surroundings } = context;
    await using fleet = await openFleet(context);
    const { config, file } = fleet;
    await names.checkNameFree(fleet.store, name, config.fleet);
    const wishes = readDesignWishes(name, options, config, surroundings.clock.now());
    const selector = readLimit(fleet.desired, options.select, 'select');
    const sampled = await readSampledBefore(fleet, options.before);
    const candidates = await readCandidates(fleet, selector, context);
    const design = designExperiment({ wishes, candidates, layers: findLayers(config), sampled });
    const text = declareExperiment(file.text, file.path, name, design.experiment, options.replace === true);
    if (options['dry-run'] !== true) replaceFile(file.path, file.text, text);
    const written = options['dry-run'] === true ? null : file.path;
    const { experiment, ...rest } = design;
    output.result(
      'tearless.experiment-design/v1',
      JSON.parse(JSON.stringify({ ...rest, ...experiment, power: design.power ?? null, written })),
      () => [
        ...renderDesign(design, output.style),
        written === null
          ? 'nothing was written'
          : `wrote ${name} into ${written}: see it, then 'tearless experiment start ${name}'`,
      ],
    );
    return exitCodes.done;
  },
});
