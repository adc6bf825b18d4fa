// Reads a folder of measurements, or one file of them, into the store.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'read a folder of measurements into the store',
  details:
    'Reads memory_measurements.csv, bandwidth_measurements.csv and relay_config.csv in all their forms, experiment.json,\nlists of nicknames (one file an arm) and files of events; tables of other names by their first line. The same folder\nagain changes nothing, a changed file takes the place of what it was, an interrupted import leaves nothing. Rows that\ncannot be read are left out, counted and named with their lines.',
  examples: [
    ['tearless experiment import 2025-12-26-memory-test', 'named as its experiment.json says, or as the folder is'],
    ['tearless experiment import data --name co --control Z', 'under another name, with the arm to compare with'],
    ['tearless experiment import old.csv --time-zone Europe/Berlin', 'times without a zone are local there'],
  ],
  positionals: [{ name: 'PATH', summary: 'a folder, or a table', required: true, complete: 'directory' }],
  options: {
    name: { type: 'string', value: 'NAME', summary: 'its name in the store', complete: 'experiment' },
    'time-zone': {
      type: 'string',
      value: 'ZONE',
      summary: 'zone of times that are written without one; default: read as UTC, and said so',
    },
    control: {
      type: 'string',
      value: 'ARM',
      summary: 'the arm that others are compared with, where files do not tell',
    },
  },
  json: 'tearless.experiment-import/v1',
  async run(context, { options, positionals: [path = ''] }) {
    const [{ openFolder }, { openJournal }, { importFolder }, { summariseExperiment }, { watchImport }, lines] =
      await Promise.all([
        import('../../core/read-folder.ts'),
        import('../../core/journal-store.ts'),
        import('../../../experiments/import/import-folder.ts'),
        import('../../../experiments/load/list-experiments.ts'),
        import('../../core/watch-import.ts'),
        import('../../core/render/experiment-lines.ts'),
      ]);
    const { output, signal, surroundings } = context;
    const folder = await openFolder(surroundings.cwd, path);
    await using store = await openJournal(context);
    const watcher = watchImport(context);
    try {
      const result = await importFolder(folder, store, {
        clock: surroundings.clock,
        signal,
        onProgress: watcher.onProgress,
        ...(options.name === undefined ? {} : { id: options.name }),
        ...(options['time-zone'] === undefined ? {} : { timeZone: options['time-zone'] }),
        ...(options.control === undefined ? {} : { control: options.control }),
      });
      watcher.close();
      const summary = await summariseExperiment(store, result.id);
      const { id, ...rest } = result;
      const value = { experiment: id, ...rest, samples: summary.samples, aggregates: summary.aggregates };
      output.result('tearless.experiment-import/v1', JSON.parse(JSON.stringify(value)) as JsonObject, () => [
        ...lines.renderFiles(result.files, output.style),
        ...(result.ignored.length === 0
          ? []
          : [output.style.dim(`not of an experiment: ${result.ignored.join(', ')}`)]),
        ...(result.kept.length === 0 ? [] : [`kept from earlier imports: ${result.kept.join(', ')}`]),
        ...lines.renderProblems(
          result.files.flatMap(({ problems }) => problems),
          output.style,
          false,
        ),
        `${result.changed ? 'imported' : 'nothing has changed in'} ${id}: ${lines.counted(summary.samples, 'sample')}`,
      ]);
      if (!output.json) output.note(`next: tearless experiment audit ${id}`);
      return exitCodes.done;
    } catch (error) {
      if (!signal.aborted) throw error;
      const { ExperimentError } = await import('../../../experiments/model/experiment-error.ts');
      throw new ExperimentError({
        kind: 'interrupted',
        code: 'import-interrupted',
        message: 'interrupted: the store is as it was',
        hint: 'import again, from the beginning',
        cause: error,
      });
    } finally {
      watcher.close();
    }
  },
});
