// Makes systemd read its unit files again. Daemons keep running as they were started.
import { z } from 'zod';
import { ChangeError } from '../change-error.ts';
import type { StepContext, StepKind } from '../step.ts';

export const SystemdReloadParams = z.object({
  /** The units whose files an earlier step of the item changed; without them systemd is always reloaded. */
  units: z.array(z.string()).default([]),
});
export type SystemdReloadParams = z.output<typeof SystemdReloadParams>;

const Nothing = z.object({});
type Nothing = z.infer<typeof Nothing>;

const findStale = async ({ host }: StepContext, { units }: SystemdReloadParams): Promise<string[]> =>
  units.length === 0 ? [] : (await host.units(units)).filter((unit) => unit.needDaemonReload).map(({ unit }) => unit);

export const systemdReload: StepKind<SystemdReloadParams, Nothing> = {
  kind: 'systemd.reload',
  role: 'activate',
  params: SystemdReloadParams,
  memory: Nothing,

  // Only for an item that changed nothing: systemd knows the directories of drop-ins that it met when it last read its units,
  // and of a file in a new one it says that nothing is stale.
  check: async (context, params) => params.units.length > 0 && (await findStale(context, params)).length === 0,
  remember: async () => ({}),
  do: ({ host }) => host.reloadSystemd(),

  verify: async (context, params) => {
    const stale = await findStale(context, params);
    if (stale.length === 0) return { units: params.units };
    throw new ChangeError({
      kind: 'refused',
      code: 'change-reload-unproven',
      place: 'host',
      message: `${context.host.name}: systemd still has old files of ${stale.join(', ')} after a reload`,
      hint: 'something writes these units at the same time; find out what',
      subject: context.host.name,
    });
  },

  // Costs nothing and disturbs no daemon, so it is done whether or not the new files were ever read.
  undo: ({ host }) => host.reloadSystemd(),
};
