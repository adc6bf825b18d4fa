// Shows how balanced services stand, from the store.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

const none = "no balanced services yet: 'tearless balance run --config FILE' serves them";

export const command = defineCommand({
  summary: 'show how balanced services and their workers stand',
  examples: [
    ['tearless balance status', 'what was published last, and what clients get'],
    ['tearless balance status --watch', 'again and again, until Ctrl-C'],
  ],
  options: { watch: { type: 'boolean', summary: 'look again and again' } },
  json: 'tearless.balance-status/v1',
  async run(context, { options }) {
    const [{ openJournal }, { readBalanceStatus }, { renderStatus }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../../balance/run/status.ts'),
      import('../../core/balance/lines.ts'),
    ]);
    const { output, surroundings } = context;
    await using store = await openJournal(context);
    const take = async () => {
      const frontends = await readBalanceStatus(store, surroundings.clock.now());
      const lines = (): string[] => (frontends.length === 0 ? [none] : renderStatus(frontends, output.style));
      const value = { frontends: JSON.parse(JSON.stringify(frontends)) };
      return { value, lines, print: () => output.result('tearless.balance-status/v1', value, lines) };
    };
    if (options.watch === true) await (await import('../../core/watch-result.ts')).watchResult(context, take);
    else (await take()).print();
    return exitCodes.done;
  },
});
