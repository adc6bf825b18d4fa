// Shows which directory holds which introduction points, from the store.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'show which directory holds which introduction points',
  examples: [
    ['tearless balance maps', 'for each period, the directories and the workers that their descriptors lead to'],
  ],
  json: 'tearless.balance-maps/v1',
  async run(context) {
    const [{ openJournal }, { readBalanceStatus }, { renderMaps }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../../balance/run/status.ts'),
      import('../../core/balance/lines.ts'),
    ]);
    const { output, surroundings } = context;
    await using store = await openJournal(context);
    const frontends = await readBalanceStatus(store, surroundings.clock.now());
    const maps = frontends.map(({ address, rounds }) => ({ address, rounds }));
    output.result('tearless.balance-maps/v1', { frontends: JSON.parse(JSON.stringify(maps)) }, () =>
      frontends.length === 0 ? ['nothing was published yet'] : renderMaps(frontends, output.style),
    );
    return exitCodes.done;
  },
});
