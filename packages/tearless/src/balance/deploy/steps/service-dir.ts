// The step that gives a worker its directory and its key. The key is made by the host's own helper and never leaves that host: it
// is in no plan, no journal and no connection. Undone, the directory is moved aside with the key in it, as a lost key is a
// lost address.
import { z } from 'zod';
import type { StepContext, StepKind } from '../../../change/step.ts';
import { Instance } from '../../../daemon/params.ts';
import { BalanceError } from '../../balance-error.ts';
import { readServiceDirs, type ServiceDir } from '../service-dirs.ts';

export const Directory = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/);

const Params = z.object({
  instance: Instance,
  directory: Directory,
  /** A directory with this key was moved aside: it comes back. Null: a fresh key. */
  publicKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});
type Params = z.output<typeof Params>;

const Memory = z.object({ wasThere: z.boolean() });
type Memory = z.output<typeof Memory>;

const find = async (context: StepContext, { instance, directory }: Params): Promise<ServiceDir | undefined> =>
  (await readServiceDirs(context, instance)).find(({ name, hasKey }) => name === directory && hasKey);

export const serviceDirStep: StepKind<Params, Memory> = {
  kind: 'balance.service-dir',
  role: 'state',
  params: Params,
  memory: Memory,
  check: async (context, params) => (await find(context, params)) !== undefined,
  remember: async (context, params) => ({ wasThere: (await find(context, params)) !== undefined }),
  do: async ({ host, signal }, { instance, directory, publicKey }) => {
    if (publicKey === null) await host.call('service-make', { args: [instance, directory], signal });
    else await host.call('service-restore', { args: [instance, directory, publicKey], signal });
  },
  verify: async (context, params) => {
    const { instance, directory, publicKey } = params;
    const found = await find(context, params);
    if (found !== undefined && (publicKey === null || found.publicKey === publicKey))
      return { directory, address: found.address ?? null };
    throw new BalanceError({
      kind: 'refused',
      code: 'balance-directory-unproven',
      place: 'host',
      subject: context.host.name,
      message: `${context.host.name}: tor@${instance} has no directory ${directory} with the key that it shall have`,
      hint: 'something else moves directories there; find out what',
    });
  },
  undo: async ({ host, run, signal }, { instance, directory }, { wasThere }) => {
    if (!wasThere) await host.call('service-keep', { args: [instance, directory, run], signal });
  },
};
