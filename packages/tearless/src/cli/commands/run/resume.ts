// Goes on with a run that was interrupted, in the direction it had.
import { defineCommand } from '../../core/command.ts';
import { continueOptions, continuePositionals } from '../../core/continue-options.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'go on with an interrupted run',
  details:
    'Whatever moment it was interrupted at, also by a kill: what was begun is looked at, then done or proved. What was going back goes back.',
  examples: [['tearless run resume last', 'the newest run']],
  positionals: continuePositionals,
  options: continueOptions,
  json: 'tearless.run-result/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ continueRun }, { resumeRun }, { exitCodeOfRun }] = await Promise.all([
      import('../../core/continue-run.ts'),
      import('../../../change/engine.ts'),
      import('../../core/conduct-run.ts'),
    ]);
    const result = await continueRun(context, {
      name,
      takeOver: options['take-over'] === true,
      fromHosts: options['from-hosts'] === true,
      agree: async () => true,
      act: resumeRun,
    });
    if (result === undefined) return exitCodes.done;
    // What was going back as a whole has come to where it was going.
    return exitCodeOfRun(result, result.state.undo?.scope === 'run' ? 'undone' : 'done');
  },
});
