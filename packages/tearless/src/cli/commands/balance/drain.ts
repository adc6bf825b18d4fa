// Takes a worker out of use: the balancer leads no new clients there.
import { defineCommand } from '../../core/command.ts';
import { continueOptions } from '../../core/continue-options.ts';
import { exitCodes } from '../../core/exit-codes.ts';

export const command = defineCommand({
  summary: 'lead no new clients to a worker',
  details:
    'Says until when clients may still come by descriptors that they hold, and asks. Connections that stand go on. The balancer\npublishes without the worker as soon as it has seen the wish; it need not be told, nor run at this moment.',
  examples: [
    ['tearless balance drain shop/w1', 'a worker of an onion service of tearless.yaml'],
    ['tearless balance drain shop/w1 --yes', 'without a question'],
  ],
  positionals: [
    {
      name: 'WORKER',
      summary: 'SERVICE/WORKER; the service by name or address',
      required: true,
      complete: 'onion-worker',
    },
  ],
  options: { yes: continueOptions.yes },
  json: 'tearless.balance-drain/v1',
  async run(context, { options, positionals: [name = ''] }) {
    const [{ openJournal }, { findWorker }, { planDrain }, { writeBalanceDrain }, { confirm }] = await Promise.all([
      import('../../core/journal-store.ts'),
      import('../../core/balance/find-worker.ts'),
      import('../../core/balance/drain-plan.ts'),
      import('../../../store/balance-drains.ts'),
      import('../../core/confirm.ts'),
    ]);
    const { output, surroundings } = context;
    await using store = await openJournal(context);
    const sinceMs = surroundings.clock.now();
    const { frontend, worker } = await findWorker(context, store, name);
    const { cachedUntilMs, lines } = planDrain({ frontend, worker, name, nowMs: sinceMs });
    if (!output.json) for (const line of lines) output.note(line);
    if (options.yes !== true && !(await confirm(context, `drain ${name}`))) {
      surroundings.stderr.write('nothing was changed\n');
      return exitCodes.done;
    }
    await writeBalanceDrain(store, { frontend: frontend.address, worker: worker.id, sinceMs });
    const value = { frontend: frontend.address, worker: worker.id, sinceMs, cachedUntilMs };
    output.result('tearless.balance-drain/v1', value, () => [
      `${name} is drained: 'tearless balance status' shows when it is out of the descriptors, 'tearless balance undrain ${name}' ends it`,
    ]);
    return exitCodes.done;
  },
});
