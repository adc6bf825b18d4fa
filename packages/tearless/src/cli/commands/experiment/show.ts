// Shows what an experiment is made of: arms, relays, sources, and what was wrong with their rows.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show arms, sources and what was wrong with rows',
  examples: [
    ['tearless experiment show co', 'its arms, its files, and the first problems of each kind'],
    ['tearless experiment show co --problems', 'all problems that are kept, with their lines'],
  ],
  positionals: [{ name: 'NAME', summary: 'the experiment', required: true, complete: 'experiment' }],
  options: { problems: { type: 'boolean', summary: 'all problems that are kept, not only the first of each kind' } },
  json: 'tearless.experiment/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ openJournal }, { loadMeasurements }, { listSources }, { renderExperiment }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../../experiments/load/load-measurements.ts'),
      import('../../../experiments/load/list-experiments.ts'),
      import('../../core/render/experiment-lines.ts'),
    ]);
    const { output } = context;
    await using store = await openJournal(context);
    const [measurements, sources] = [await loadMeasurements(store, name), await listSources(store, name)];
    const { info, relays, samples, snapshots, servers, gaps, events, problems } = measurements;
    const value = {
      experiment: { ...info, control: info.control ?? null },
      samples: samples.reduce((sum, { atMs }) => sum + atMs.length, 0),
      snapshots: snapshots.length,
      fromMs: snapshots[0] ?? null,
      toMs: snapshots.at(-1) ?? null,
      relays: relays.map((relay, index) => ({ ...relay, samples: samples[index]?.atMs.length ?? 0 })),
      servers,
      sources,
      gaps,
      events,
      problems,
    };
    output.result('tearless.experiment/v1', JSON.parse(JSON.stringify(value)) as JsonObject, () =>
      renderExperiment(measurements, sources, output.style, options.problems === true),
    );
    return exitCodes.done;
  },
});
