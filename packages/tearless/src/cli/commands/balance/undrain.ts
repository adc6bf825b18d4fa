// Takes a drained worker back into use.
import { defineCommand } from '../../core/command.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'lead clients to a drained worker again',
  examples: [['tearless balance undrain shop/w1', 'it is used again as soon as it is found well']],
  positionals: [
    {
      name: 'WORKER',
      summary: 'SERVICE/WORKER; the service by name or address',
      required: true,
      complete: 'onion-worker',
    },
  ],
  json: 'tearless.balance-undrain/v1',
  async run(context, { positionals: [name = ''] }) {
    const [{ openJournal }, { findWorker }, { removeBalanceDrain }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../core/balance/find-worker.ts'),
      import('../../../store/balance-drains.ts'),
    ]);
    const { output } = context;
    await using store = await openJournal(context);
    const { frontend, worker } = await findWorker(context, store, name);
    const wasDrained = await removeBalanceDrain(store, frontend.address, worker.id);
    const value = { frontend: frontend.address, worker: worker.id, wasDrained };
    output.result('tearless.balance-undrain/v1', value, () => [
      wasDrained ? `${name} is drained no longer` : `${name} was not drained`,
    ]);
    return exitCodes.done;
  },
});
