// A package at one version, held there or not. Going back restores the version, the hold and the auto mark that stood
// before. A package that dpkg was cut off in counts as not there: it is brought to where it shall be like any other.
import { z } from 'zod';
import { parsePackageUses } from '../../host/helper/exit-status.ts';
import type { CallOptions, Host } from '../../host/host.ts';
import { HostError } from '../../host/host-error.ts';
import { ChangeError } from '../change-error.ts';
import type { StepContext, StepKind } from '../step.ts';
import { readOwned } from './ownership.ts';

export const PackageInstallParams = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  /** Upgrades leave a held package alone. */
  hold: z.boolean(),
});
export type PackageInstallParams = z.infer<typeof PackageInstallParams>;

export const PackageMemory = z.object({
  installed: z.string().nullable(),
  held: z.boolean(),
  /** Marked as installed for others only. */
  automatic: z.boolean().default(false),
  /** Drop-ins of tor's instances that named a library which was not there: they may name one that goes again. */
  awaited: z.array(z.string()).default([]),
});
export type PackageMemory = z.infer<typeof PackageMemory>;

interface PackageState extends PackageMemory {
  /** Where dpkg was cut off: `half-configured`; `installed` is null then. */
  readonly broken: { readonly status: string; readonly version: string | null } | null;
}

/** The auto mark is left as apt sets it where nothing is said of it. */
type WantedPackage = Pick<PackageMemory, 'installed' | 'held'> & Partial<PackageMemory>;

/** A download and dpkg's own work, which also may wait for another apt. */
const installTimeoutMs = 10 * 60_000;
/** apt reads its lists; a change of version is downloaded, to see which files it has. */
const checkTimeoutMs = 2 * 60_000;

const decoder = new TextDecoder();

/** Parses what the helper's `package-show` says. */
export const parsePackageState = (text: string): PackageState => {
  const lines = text.split('\n').map((line) => line.trim().split(' '));
  const find = (word: string): readonly string[] | undefined => lines.find(([first]) => first === word)?.slice(1);
  const broken = find('broken');
  return {
    installed: find('installed')?.[0] ?? null,
    broken: broken?.[0] === undefined ? null : { status: broken[0], version: broken[1] ?? null },
    held: find('held') !== undefined,
    automatic: find('automatic') !== undefined,
    awaited: lines.flatMap(([first, path]) => (first === 'awaited' && path !== undefined ? [path] : [])),
  };
};

export const readPackage = async (host: Host, name: string): Promise<PackageState> =>
  parsePackageState(decoder.decode((await host.call('package-show', { args: [name] })).stdout));

/** A refusal because drop-ins name the library, with the runs that wrote them; any other error as it is. */
const explainUse = async (host: Host, error: unknown): Promise<unknown> => {
  if (!(error instanceof HostError) || error.code !== 'host-package-in-use') return error;
  const uses = parsePackageUses(error.stdout);
  const owned = await readOwned(host);
  const runs = [...new Set(uses.flatMap(({ dropIn }) => owned.files[dropIn]?.run ?? []))];
  const foreign = [...new Set(uses.flatMap(({ dropIn }) => (owned.files[dropIn] === undefined ? [dropIn] : [])))];
  const ways = [
    ...(runs.length === 0 ? [] : [`undo ${runs.map((run) => `the run ${run}`).join(' and ')}`]),
    ...(foreign.length === 0 ? [] : [`take the library out of ${foreign.join(' and ')} by hand`]),
  ];
  const units = [...new Set(uses.map(({ unit }) => unit))];
  return new ChangeError({
    kind: 'refused',
    code: 'change-package-in-use',
    place: 'host',
    message: error.message,
    hint: `first ${ways.join(', and ')}: until then ${units.join(', ')} would start without the library`,
    subject: host.name,
    cause: error,
  });
};

/** A refusal because no source of the host has the package, with what brings one; any other error as it is. */
const explainAbsence = (host: Host, name: string, error: unknown): unknown => {
  if (!(error instanceof HostError) || error.code !== 'host-not-found') return error;
  return new ChangeError({
    kind: 'refused',
    code: 'change-package-unavailable',
    place: 'host',
    message: error.message,
    hint: `look with \`apt-get update && apt-cache policy ${name}\` on ${host.name}, add a source that has it, or declare a library of your own without a package`,
    subject: host.name,
    cause: error,
  });
};

/** @throws ChangeError `change-package-in-use`, which names the runs that wrote the drop-ins in the way */
const moveUnlessUsed = async (host: Host, verb: string, held: boolean, options: CallOptions): Promise<void> => {
  const [name = ''] = options.args ?? [];
  if (held) await host.call('package-unhold', { args: [name] });
  try {
    await host.call(verb, options);
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'host-package-in-use') throw error;
    // Nothing was changed: what the others stand on stays held.
    if (held) await host.call('package-hold', { args: [name] });
    throw await explainUse(host, error);
  }
};

/**
 * Whether the package could be brought to a version, or away (null): asked before anything is touched.
 * @param excused drop-ins that do not count
 * @throws ChangeError `change-package-in-use`, `change-package-unavailable`; HostError `host-package-conflict`
 */
const checkMove = async (
  { host, signal }: StepContext,
  name: string,
  version: string | null,
  excused: readonly string[],
): Promise<void> => {
  const now = await readPackage(host, name);
  if (now.broken === null && now.installed === version) return;
  const args = version === null ? ['remove', name, ...excused] : ['install', name, version, ...excused];
  try {
    await host.call('package-check', { args, timeoutMs: checkTimeoutMs, signal });
  } catch (error) {
    throw explainAbsence(host, name, await explainUse(host, error));
  }
};

const isTorDropIn = (path: string): boolean => /^\/etc\/systemd\/system\/tor@[^/]*\.service\.d\//.test(path);

/** Brings the package to a state; apt changes no held package, so a hold goes first and comes last. */
export const bringPackage = async (
  host: Host,
  name: string,
  wanted: WantedPackage,
  signal: AbortSignal,
): Promise<void> => {
  const { installed, automatic, awaited = [] } = wanted;
  const now = await readPackage(host, name);
  const long = { timeoutMs: installTimeoutMs, signal };
  const moves = now.broken !== null || now.installed !== installed;
  if (now.held && !moves && !wanted.held) await host.call('package-unhold', { args: [name] });
  if (moves && installed !== null)
    await moveUnlessUsed(host, 'package-install', now.held, { args: [name, installed, ...awaited], ...long });
  if (moves && installed === null)
    await moveUnlessUsed(host, 'package-remove', now.held, { args: [name, ...awaited], ...long });
  // What is asked for by name becomes manual.
  if (installed !== null && automatic === true && (moves || !now.automatic))
    await host.call('package-auto', { args: [name] });
  if (installed !== null && automatic === false && !moves && now.automatic)
    await host.call('package-manual', { args: [name] });
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
  remember: async ({ host }, { name }) => {
    const { installed, broken, held, automatic, awaited } = await readPackage(host, name);
    // Half a version is not brought back, but the whole of it.
    return { installed: installed ?? broken?.version ?? null, held, automatic, awaited };
  },
  do: ({ host, signal }, { name, version, hold }, { awaited }) =>
    bringPackage(host, name, { installed: version, held: hold, awaited }, signal),
  verify: async ({ host }, { name, version, hold }) => {
    const now = await readPackage(host, name);
    if (now.installed === version && now.held === hold) return { package: name, version, held: hold };
    throw new ChangeError({
      kind: 'refused',
      code: 'change-package-unproven',
      place: 'host',
      message: `${host.name}: ${name} is ${now.broken?.status ?? now.installed ?? 'not installed'}${now.held ? ', held' : ''} after ${version} was installed`,
      hint: 'look at `apt-cache policy` on the host',
      subject: `${host.name}:${name}`,
    });
  },
  undo: ({ host, signal }, { name }, former) => bringPackage(host, name, former, signal),
  mayDo: (context, { name, version }) => checkMove(context, name, version, []),
  mayUndo: async (context, { name }, { installed, awaited }) => {
    const { files } = await readOwned(context.host);
    // What the run wrote itself is gone by the time the package goes.
    const own = Object.keys(files).filter((path) => files[path]?.run === context.run && isTorDropIn(path));
    await checkMove(context, name, installed, [...new Set([...own, ...awaited])]);
  },
};
