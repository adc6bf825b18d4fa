// `live.use`: systemd starts an instance from a build of its own place, by a drop-in that the host's helper makes of the unit as it
// is. Nothing restarts: the next start, whoever asks for it, is of that build.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../../change/step.ts';
import { refuseNewerRun } from '../../../change/steps/file-state.ts';
import { changeOwned, inTurn, OwnedFile, readOwned, writeOwned } from '../../../change/steps/ownership.ts';
import { instancePaths } from '../../../daemon/instance.ts';
import { Instance } from '../../../daemon/params.ts';
import type { Host } from '../../../host/host.ts';
import { LiveError } from '../../live-error.ts';
import { BuildId } from '../params.ts';

const Params = z.object({
  instance: Instance,
  /** Null: as without Tearless. */
  build: BuildId.nullable(),
});
type Params = z.output<typeof Params>;

const Memory = z.object({ former: BuildId.nullable(), owned: OwnedFile.nullable() });
type Memory = z.output<typeof Memory>;

export const liveDropIn = (instance: string): string =>
  `${instancePaths(instance).dropInDirectory}/90-tearless-live.conf`;

/** The build that systemd starts the instance from; null where that is not Tearless's business. */
export const readUsed = async (host: Host, instance: string): Promise<string | null> => {
  const { stdout } = await host.call('live-used', { args: [instance] });
  const text = new TextDecoder().decode(stdout).trim();
  return text === '' ? null : text;
};

const use = ({ host, run, signal }: StepContext, instance: string, build: string | null, record?: OwnedFile | null) =>
  inTurn(host, async () => {
    const path = liveDropIn(instance);
    const owned = await readOwned(host);
    await host.call('live-use', { args: [instance, build ?? '-'], signal });
    const entry = await host.stat(path);
    const now = entry?.type === 'file' ? { sha256: entry.sha256, run } : null;
    await writeOwned(host, owned, changeOwned(owned, { files: { [path]: record === undefined ? now : record } }));
  });

export const useStep: StepKind<Params, Memory> = {
  kind: 'live.use',
  role: 'state',
  params: Params,
  memory: Memory,

  check: async ({ host }, { instance, build }) => (await readUsed(host, instance)) === build,

  remember: async ({ host }, { instance }) => ({
    former: await readUsed(host, instance),
    owned: (await readOwned(host)).files[liveDropIn(instance)] ?? null,
  }),

  do: (context, { instance, build }) => use(context, instance, build),

  verify: async ({ host }, { instance, build }) => {
    const used = await readUsed(host, instance);
    if (used === build) return { path: liveDropIn(instance), build };
    throw new LiveError({
      kind: 'refused',
      code: 'live-not-used',
      message: `${host.name}: systemd would still start tor@${instance} from ${used ?? 'what its package has'}`,
      place: 'host',
      subject: `${host.name}/${instance}`,
      hint: `somebody else writes ${liveDropIn(instance)}: look at who, then plan again`,
    });
  },

  mayUndo: async (context, { instance, build }, { former }) => {
    const used = await readUsed(context.host, instance);
    // Whoever wrote it: a rollback puts there what an earlier run had.
    if (used !== build && used !== former) await refuseNewerRun(context, liveDropIn(instance), []);
  },

  undo: async (context, { instance }, { former, owned }) => {
    if ((await readUsed(context.host, instance)) !== former) await use(context, instance, former, owned);
  },
};
