// Takes a package away that nothing needs any more. Going back restores it at its version, with its hold and its auto mark.
// While a drop-in of tor names a library of it, the host refuses.
import { z } from 'zod';
import { ChangeError } from '../change-error.ts';
import type { StepKind } from '../step.ts';
import { bringPackage, PackageMemory, readPackage } from './package-install.ts';

export const PackageRemoveParams = z.object({
  name: z.string().min(1),
  /** What was installed when it was planned. */
  expects: z.string().min(1),
});
export type PackageRemoveParams = z.infer<typeof PackageRemoveParams>;

export const packageRemove: StepKind<PackageRemoveParams, PackageMemory> = {
  kind: 'package.remove',
  role: 'state',
  params: PackageRemoveParams,
  memory: PackageMemory,

  check: async ({ host }, { name }) => {
    const { installed, broken } = await readPackage(host, name);
    return installed === null && broken === null;
  },
  remember: async ({ host }, { name, expects }) => {
    const { installed, broken, held, automatic, awaited } = await readPackage(host, name);
    const version = installed ?? broken?.version ?? null;
    if (version === expects) return { installed: version, held, automatic, awaited };
    throw new ChangeError({
      kind: 'refused',
      code: 'change-package-drifted',
      place: 'host',
      message: `${host.name}: ${name} is ${version ?? 'not installed'}, not ${expects} as planned`,
      hint: 'somebody changed it meanwhile: plan again',
      subject: `${host.name}:${name}`,
    });
  },
  do: ({ host, signal }, { name }, { awaited }) =>
    bringPackage(host, name, { installed: null, held: false, awaited }, signal),
  verify: async ({ host }, { name }) => {
    const { installed, broken } = await readPackage(host, name);
    if (installed === null && broken === null) return { package: name, installed: false };
    throw new ChangeError({
      kind: 'refused',
      code: 'change-package-unproven',
      place: 'host',
      message: `${host.name}: ${name} is still ${broken?.status ?? `installed at ${installed}`} after it was removed`,
      hint: 'look at `apt-cache policy` on the host',
      subject: `${host.name}:${name}`,
    });
  },
  undo: ({ host, signal }, { name }, former) => bringPackage(host, name, former, signal),
};
