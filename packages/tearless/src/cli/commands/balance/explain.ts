// Says where the introduction points of a service or of one of its workers stand, why, and when that changes.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'say what clients of an address find, why, and when it changes',
  examples: [
    [
      'tearless balance explain duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion',
      'a service or a worker',
    ],
  ],
  positionals: [{ name: 'ADDRESS', summary: 'of a balanced service, or of one of its workers', required: true }],
  json: 'tearless.balance-explanation/v1',
  async run(context, { positionals: [address = ''] }) {
    const [{ openJournal }, { findFrontend, findRead, readBalanceStatus }, { renderExplanation }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../../balance/run/status.ts'),
      import('../../core/balance/lines.ts'),
    ]);
    const { output, surroundings } = context;
    await using store = await openJournal(context);
    const { frontend, worker } = findFrontend(await readBalanceStatus(store, surroundings.clock.now()), address);
    const value = { frontend: frontend.address, worker: worker ?? null, round: findRead(frontend.rounds) ?? null };
    output.result('tearless.balance-explanation/v1', JSON.parse(JSON.stringify(value)), () =>
      renderExplanation(frontend, worker, output.style),
    );
    return exitCodes.done;
  },
});
