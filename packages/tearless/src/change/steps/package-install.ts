// A package at one version, held there or not. Going back restores the version and the hold that stood before.
import { z } from 'zod';
import type { Host } from '../../host/host.ts';
import { ChangeError } from '../change-error.ts';
import type { StepKind } from '../step.ts';

export const PackageInstallParams = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  /** Upgrades leave a held package alone. */
  hold: z.boolean(),
});
export type PackageInstallParams = z.infer<typeof PackageInstallParams>;

const PackageMemory = z.object({ installed: z.string().nullable(), held: z.boolean() });
type PackageMemory = z.infer<typeof PackageMemory>;

/** A download and dpkg's own work, which also may wait for another apt. */
const installTimeoutMs = 10 * 60_000;

const decoder = new TextDecoder();

/** Parses the helper's `installed VERSION` and `held` lines. */
export const parsePackageState = (text: string): PackageMemory => {
  const lines = text.split('\n').map((line) => line.trim());
  const installed = lines.find((line) => line.startsWith('installed '))?.slice('installed '.length) ?? null;
  return { installed, held: lines.includes('held') };
};

const readPackage = async (host: Host, name: string): Promise<PackageMemory> =>
  parsePackageState(decoder.decode((await host.call('package-show', { args: [name] })).stdout));

/** Brings the package to a state; apt changes no held package, so a hold goes first and comes last. */
const bringPackage = async (host: Host, name: string, wanted: PackageMemory, signal: AbortSignal): Promise<void> => {
  const now = await readPackage(host, name);
  const long = { timeoutMs: installTimeoutMs, signal };
  const moves = now.installed !== wanted.installed;
  if (now.held && (moves || !wanted.held)) await host.call('package-unhold', { args: [name] });
  if (moves && wanted.installed !== null)
    await host.call('package-install', { args: [name, wanted.installed], ...long });
  if (moves && wanted.installed === null) await host.call('package-remove', { args: [name], ...long });
  if (wanted.held && (moves || !now.held)) await host.call('package-hold', { args: [name] });
};

export const packageInstall: StepKind<PackageInstallParams, PackageMemory> = {
  kind: 'package.install',
  role: 'state',
  params: PackageInstallParams,
  memory: PackageMemory,

  check: async ({ host }, { name, version, hold }) => {
    const now = await readPackage(host, name);
    return now.installed === version && now.held === hold;
  },
  remember: ({ host }, { name }) => readPackage(host, name),
  do: ({ host, signal }, { name, version, hold }) =>
    bringPackage(host, name, { installed: version, held: hold }, signal),
  verify: async ({ host }, { name, version, hold }) => {
    const now = await readPackage(host, name);
    if (now.installed === version && now.held === hold) return { package: name, version, held: hold };
    throw new ChangeError({
      kind: 'refused',
      code: 'change-package-unproven',
      place: 'host',
      message: `${host.name}: ${name} is ${now.installed ?? 'not installed'}${now.held ? ', held' : ''} after ${version} was installed`,
      hint: 'look at `apt-cache policy` on the host',
      subject: `${host.name}:${name}`,
    });
  },
  undo: ({ host, signal }, { name }, former) => bringPackage(host, name, former, signal),
};
