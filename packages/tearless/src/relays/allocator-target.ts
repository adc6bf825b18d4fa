// An allocator as a target is name + version + build-id. Here: whether a host, a process or a unit has that one.
import type { AllocatorConfig } from '../config/schema.ts';
import type { AllocatorLibrary, HostFacts, InstanceFacts } from '../facts/observed.ts';
import { RelaysError } from './relays-error.ts';

/** What tor has when nothing is preloaded. */
export const glibc = 'glibc';

export interface AllocatorTarget {
  readonly name: string;
  /** Undefined for glibc alone. */
  readonly config: AllocatorConfig | undefined;
}

/** The library that `path` leads to on the host, by its own name or by a link. */
export const findLibrary = (facts: HostFacts, path: string): AllocatorLibrary | undefined =>
  facts.libraries.find((library) => library.path === path || library.aliases?.includes(path) === true);

export const isTarget = (library: AllocatorLibrary, target: AllocatorTarget): boolean =>
  target.config === undefined
    ? library.allocator === glibc
    : library.buildId !== undefined && target.config.buildIds.includes(library.buildId);

/** True when the unit, started now, would load the target. */
export const wouldLoad = (facts: HostFacts, instance: InstanceFacts, target: AllocatorTarget): boolean => {
  const preloaded = instance.environment.LD_PRELOAD ?? '';
  if (target.config === undefined) return preloaded === '';
  const library = findLibrary(facts, preloaded);
  return library !== undefined && isTarget(library, target);
};

const describeLibrary = ({ allocator, path, buildId, package: owner }: AllocatorLibrary): string =>
  `${allocator} at ${path} (${owner === undefined ? 'of no package' : `${owner.name} ${owner.version}`}, build-id ${buildId ?? 'none'})`;

export type Availability = 'there' | 'to-install';

/**
 * Whether the host has the target's library, or a declared package will bring it.
 * @throws RelaysError `relays-allocator-mismatch` when the host would load another, `relays-allocator-missing` when
 * nothing brings it
 */
export const checkAvailable = (facts: HostFacts, target: AllocatorTarget): Availability => {
  const { config, name } = target;
  if (config === undefined) return 'there';
  const library = findLibrary(facts, config.library);
  const installed = facts.packages.find((entry) => entry.name === config.package?.name);
  if (library !== undefined) {
    if (isTarget(library, target)) return 'there';
    throw new RelaysError({
      kind: 'refused',
      code: 'relays-allocator-mismatch',
      place: 'host',
      message: `${facts.host} would load ${describeLibrary(library)}; the target ${name} ${config.version} has build-id ${config.buildIds.join(' or ')}`,
      subject: facts.host,
      hint: 'install the version that is meant, name its library, or add this build-id to the target once you have checked it',
    });
  }
  if (config.package !== undefined && (installed === undefined || installed.version !== config.package.version))
    return 'to-install';
  throw new RelaysError({
    kind: 'refused',
    code: 'relays-allocator-missing',
    place: 'host',
    message: `${facts.host} has no ${config.library} for ${name}${installed === undefined ? '' : `, though ${installed.name} ${installed.version} is installed`}`,
    subject: facts.host,
    hint:
      config.package === undefined
        ? 'put the library there, or name a package that brings it'
        : 'name the path that the package has on this host',
  });
};
