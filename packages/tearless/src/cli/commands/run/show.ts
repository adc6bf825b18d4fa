// Shows what a run came to, item by item, with its evidence.
import type { JsonObject } from '../../../base/json.ts';
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show what a run did, item by item',
  examples: [
    ['tearless run show last', 'the newest run'],
    ['tearless run show 20260109-1402 --json', 'with the evidence of every step and gate'],
  ],
  positionals: [{ name: 'RUN', summary: "a run's name, its beginning, or 'last'", required: true, complete: 'run' }],
  json: 'tearless.run/v1',
  async run(context, { positionals: [name = ''] }) {
    const [{ openJournal }, { readRun }, { resolveRunName }, { renderRunState }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../../change/read-run.ts'),
      import('../../core/find-run.ts'),
      import('../../core/render/run-state.ts'),
    ]);
    await using store = await openJournal(context);
    const state = await readRun(store, await resolveRunName(store, name));
    // What undo needs may hold what stood in files before: it stays in the journal.
    const items = Object.values(state.items).map(({ steps, ...item }) => ({
      ...item,
      steps: Object.fromEntries(Object.entries(steps).map(([id, { memory: _, ...step }]) => [id, step])),
    }));
    const { run, plan, outcome = null, startedMs, lastMs } = state;
    const value = { run, fleet: plan.fleet, plan: plan.id, outcome, startedMs, lastMs, items };
    context.output.result('tearless.run/v1', JSON.parse(JSON.stringify(value)) as JsonObject, () =>
      renderRunState(state, context.output.style),
    );
    return exitCodes.done;
  },
});
