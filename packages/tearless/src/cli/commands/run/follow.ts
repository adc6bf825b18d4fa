// Follows a run that goes on, also one of another process, until it is finished.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'follow a run until it is finished',
  examples: [['tearless run follow last', 'every entry of its journal, as it is written']],
  positionals: [{ name: 'RUN', summary: "a run's name, its beginning, or 'last'", required: true, complete: 'run' }],
  json: 'tearless.run-event/v1',
  async run(context, { positionals: [name = ''] }) {
    const [{ openJournal }, { followRun, loadRun }, { tellEvent }, { resolveRunName }, { createEventLines }] =
      await Promise.all([
        import('../../core/journal-store.ts'),
        import('../../../change/read-run.ts'),
        import('../../../change/event.ts'),
        import('../../core/find-run.ts'),
        import('../../core/render/run-lines.ts'),
      ]);
    const { output, surroundings, signal } = context;
    await using store = await openJournal(context);
    const run = await resolveRunName(store, name);
    const { plan } = (await loadRun(store, run)).part;
    const lineOf = createEventLines({ run, plan }, output.style);
    for await (const { atMs, event } of followRun(store, run, { clock: surroundings.clock, signal })) {
      const told = tellEvent(event);
      if (output.json)
        output.event(
          JSON.parse(
            JSON.stringify({ schema: 'tearless.run-event/v1', run, at: new Date(atMs).toISOString(), ...told }),
          ) as JsonObject,
        );
      const line = output.json ? undefined : lineOf(told);
      if (line !== undefined)
        surroundings.stdout.write(`${output.style.dim(new Date(atMs).toISOString().slice(11, 19))} ${line}\n`);
    }
    return exitCodes.done;
  },
});
