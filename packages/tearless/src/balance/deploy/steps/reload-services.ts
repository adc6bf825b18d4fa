// The step that makes a running tor take up which onion services it has (SIGHUP), and waits until it has: two reloads right after
// one another would be one to it, and a service that is to be taken off and on would go on as it was.
import { canonicalName } from '@tearless/tor/torrc/known-options.ts';
import { z } from 'zod';
import type { StepContext, StepKind } from '../../../change/step.ts';
import { withPatientControl } from '../../../daemon/control.ts';
import { Instance, SettingChange } from '../../../daemon/params.ts';
import { reloadStep } from '../../../daemon/steps/reload.ts';
import { BalanceError } from '../../balance-error.ts';

const Params = z.object({
  instance: Instance,
  /** Directories of services that tor shall have. */
  present: z.array(z.string()),
  /** Those that it shall not have. */
  absent: z.array(z.string()),
  changes: z.array(SettingChange),
});
type Params = z.output<typeof Params>;
type Memory = z.output<typeof reloadStep.memory>;

const takeUpMs = 20_000;
const pollMs = 250;

/** The directories of the services that tor has now (GETCONF gives all lines of the group). */
const readServices = (context: StepContext, instance: string): Promise<ReadonlySet<string>> =>
  withPatientControl(context, instance, async (controller) => {
    const lines = await controller.getConfLines(['HiddenServiceOptions']);
    const directories = lines.flatMap(({ key, value }) =>
      canonicalName(key) === 'HiddenServiceDir' && value !== undefined ? [value] : [],
    );
    return new Set(directories.map((directory) => directory.replace(/\/+$/, '')));
  });

export const reloadServicesStep: StepKind<Params, Memory> = {
  kind: 'balance.reload-services',
  role: 'activate',
  params: Params,
  memory: reloadStep.memory,
  check: async () => false,
  remember: (context, { instance, changes }) => reloadStep.remember(context, { instance, changes }),
  do: (context, { instance, changes }, memory) => reloadStep.do(context, { instance, changes }, memory),
  verify: async (context, { instance, present, absent, changes }, memory) => {
    const evidence = await reloadStep.verify(context, { instance, changes }, memory);
    const endMs = context.clock.now() + takeUpMs;
    for (;;) {
      const has = await readServices(context, instance);
      const wrong = [...present.filter((one) => !has.has(one)), ...absent.filter((one) => has.has(one))];
      if (wrong.length === 0) return { ...evidence, services: [...has].sort() };
      if (context.clock.now() >= endMs)
        throw new BalanceError({
          kind: 'refused',
          code: 'balance-not-in-effect',
          place: 'host',
          subject: context.host.name,
          message: `${context.host.name}: tor@${instance} did not take up what its torrc says of ${wrong.join(', ')}`,
          hint: 'read the unit’s journal there',
        });
      await context.clock.sleep(pollMs, context.signal);
    }
  },
  undo: (context, { instance, changes }, memory) => reloadStep.undo(context, { instance, changes }, memory),
};
