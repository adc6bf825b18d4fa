// Removes an experiment from the store; files that it was imported from stay where they are.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'remove an experiment from the store',
  details:
    'Removes measurements, notes and checklists. Files that it was imported from, and relays, are not touched: undo what\nan experiment changed on hosts before. What was collected is nowhere else.',
  examples: [['tearless experiment remove co', 'says what goes, and asks']],
  positionals: [{ name: 'NAME', summary: 'the experiment', required: true, complete: 'experiment' }],
  options: { yes: { type: 'boolean', summary: 'do not ask' } },
  json: 'tearless.experiment-remove/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ openJournal }, { removeExperiment }, summaries, { confirm }, { counted }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../../experiments/import/remove-experiment.ts'),
      import('../../../experiments/load/list-experiments.ts'),
      import('../../core/confirm.ts'),
      import('../../core/render/experiment-lines.ts'),
    ]);
    const { output, surroundings } = context;
    await using store = await openJournal(context);
    const { samples } = await summaries.summariseExperiment(store, name);
    const sources = await summaries.listSources(store, name);
    const collected = sources.filter(({ kind }) => kind === 'collection').length;
    const question = `remove ${name} with ${counted(samples, 'sample')} of ${counted(sources.length, 'source')}${collected === 0 ? '' : `, ${collected} of them collected and nowhere else`}`;
    if (options.yes !== true && !(await confirm(context, question))) {
      output.note('nothing was changed');
      return exitCodes.done;
    }
    await removeExperiment(store, name, surroundings.clock);
    output.result('tearless.experiment-remove/v1', { experiment: name, samples, sources: sources.length }, () => [
      `removed ${name}`,
    ]);
    return exitCodes.done;
  },
});
