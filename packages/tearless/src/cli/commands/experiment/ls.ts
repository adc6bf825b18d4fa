// Lists the experiments in the store.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'list experiments',
  examples: [['tearless experiment ls', 'their names, and what was measured when']],
  json: 'tearless.experiment-list/v1',
  async run(context) {
    const [{ openJournal }, { listExperiments }, { renderSummaries }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../../experiments/load/list-experiments.ts'),
      import('../../core/render/experiment-lines.ts'),
    ]);
    await using store = await openJournal(context);
    const experiments = (await listExperiments(store)).map((experiment) => ({
      ...experiment,
      fromMs: experiment.fromMs ?? null,
      toMs: experiment.toMs ?? null,
    }));
    context.output.result('tearless.experiment-list/v1', { experiments } as unknown as JsonObject, () =>
      experiments.length === 0
        ? ["no experiments yet: 'tearless experiment import PATH' reads one"]
        : renderSummaries(
            experiments.map(({ fromMs, toMs, ...rest }) => ({
              ...rest,
              fromMs: fromMs ?? undefined,
              toMs: toMs ?? undefined,
            })),
          ),
    );
    return exitCodes.done;
  },
});
