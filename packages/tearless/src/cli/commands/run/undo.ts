// Takes a run back from its journal, batch by batch in reverse, each behind its gates.
import { defineCommand } from '../../core/command.ts';
import { continueOptions, continuePositionals } from '../../core/continue-options.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'take a run back from its journal',
  details:
    'Rolls in reverse order behind gates: files, owners and modes as before, then the restarts that this takes.\nAnother operator’s run is read from the hosts with --from-hosts.',
  examples: [
    ['tearless run undo last', 'shows what goes back, asks, and does it'],
    ['tearless run undo 20260109-140211-9f3a --from-hosts', 'a run that another machine began'],
  ],
  positionals: continuePositionals,
  options: continueOptions,
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ continueRun }, { undoRun }, { exitCodeOfRun }, { confirm }, { forgetStart, startedBy }] =
      await Promise.all([
        import('../../core/continue-run.ts'),
        import('../../../change/engine.ts'),
        import('../../core/conduct-run.ts'),
        import('../../core/confirm.ts'),
        import('../../core/experiment-undone.ts'),
      ]);
    let started: string | undefined;
    const result = await continueRun(context, {
      name,
      takeOver: options['take-over'] === true,
      fromHosts: options['from-hosts'] === true,
      agree: async (plan, run) => {
        started = startedBy(plan);
        const { items, cost } = plan;
        const question = `take back run ${run}: ${items.length} ${items.length === 1 ? 'item' : 'items'}, ${cost.restarts} ${cost.restarts === 1 ? 'restart' : 'restarts'}`;
        return options.yes === true || (await confirm(context, question));
      },
      act: undoRun,
    });
    if (result === undefined) return exitCodes.done;
    if (result.outcome === 'undone' && started !== undefined) await forgetStart(context, started, result.run);
    return exitCodeOfRun(result, 'undone');
  },
});
