// Debian packages of a host: allocators and tor. Installing restarts no relay.
import type { Host } from './host.ts';

/** Downloading and unpacking may take so long. */
const installTimeoutMs = 15 * 60_000;

export interface PackageState {
  readonly name: string;
  /** Undefined where it is not installed. */
  readonly installed?: string;
  readonly held: boolean;
  /** What apt would install. */
  readonly candidate?: string;
  /** Every version that apt knows, the installed one included. */
  readonly available: readonly string[];
}

/** The helper's `package-show`: `installed V`, `held`, `candidate V`, `available V V…`, each line only where it holds. */
export const parsePackageState = (name: string, output: string): PackageState => {
  const said = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/);
    if (word !== undefined && word !== '') said.set(word, values);
  }
  const installed = said.get('installed')?.[0];
  const candidate = said.get('candidate')?.[0];
  return {
    name,
    held: said.has('held'),
    available: said.get('available') ?? [],
    ...(installed === undefined ? {} : { installed }),
    ...(candidate === undefined ? {} : { candidate }),
  };
};

export const readPackage = async (host: Host, name: string): Promise<PackageState> =>
  parsePackageState(name, new TextDecoder().decode((await host.call('package-show', { args: [name] })).stdout));

/** Fetches the lists of packages anew. */
export const refreshPackages = async (host: Host): Promise<void> => {
  await host.call('package-refresh', { timeoutMs: installTimeoutMs });
};

/** Installs exactly this version, an older one too. Removes nothing for it. */
export const installPackage = async (host: Host, name: string, version: string): Promise<void> => {
  await host.call('package-install', { args: [name, version], timeoutMs: installTimeoutMs });
};

/** Removes this package and no other; refused where another needs it. */
export const removePackage = async (host: Host, name: string): Promise<void> => {
  await host.call('package-remove', { args: [name], timeoutMs: installTimeoutMs });
};

/** From now on upgrades leave it alone. */
export const holdPackage = async (host: Host, name: string): Promise<void> => {
  await host.call('package-hold', { args: [name] });
};

export const unholdPackage = async (host: Host, name: string): Promise<void> => {
  await host.call('package-unhold', { args: [name] });
};
