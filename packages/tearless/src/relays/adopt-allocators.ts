// Which allocators a running fleet has, as declarations: only what a relay runs with and would load again at its next
// start is declared for it, since anything else would make a first plan that changes something. Pure.
import type { AllocatorConfig } from '../config/schema.ts';
import type { AllocatorLibrary, HostFacts, InstanceFacts, PackageFacts } from '../facts/observed.ts';
import { findLibrary, glibc, wouldLoad } from './allocator-target.ts';
import type { Finding } from './drift.ts';

export interface FoundRelay {
  readonly relay: string;
  readonly facts: HostFacts;
  readonly instance: InstanceFacts;
}

export interface AdoptedAllocator {
  readonly name: string;
  readonly config: AllocatorConfig;
  /** Why its package is not declared, as it shall stand beside it. */
  readonly comment?: string;
  readonly relays: readonly string[];
}

export interface AdoptedAllocators {
  readonly allocators: readonly AdoptedAllocator[];
  readonly onGlibc: readonly string[];
  readonly notes: readonly Finding[];
}

type Package = Pick<PackageFacts, 'name' | 'version'>;

interface Use {
  readonly relay: string;
  readonly facts: HostFacts;
  readonly loaded: AllocatorLibrary & { readonly buildId: string };
  /** What LD_PRELOAD names. */
  readonly library: string;
  readonly version: string;
}

/** `2.0.9` of `2.0.9+ds-2`. */
const upstreamVersion = (owner: Package | undefined): string =>
  owner?.version.replace(/^\d+:/, '').replace(/[+~-].*$/, '') ?? 'unknown';

const leave = (relay: string, message: string, hint: string): Finding => ({
  code: 'adopt-left-open',
  severity: 'warning',
  subject: relay,
  message,
  hint,
});

/** What is declared for one relay; a finding where nothing can be. */
const judge = ({ relay, facts, instance }: FoundRelay): Use | typeof glibc | Finding => {
  const { process } = instance;
  const declare = 'declare an allocator for it under settings; the plan then shows what it takes';
  if (process === undefined)
    return leave(relay, `it does not run (${instance.activeState}), so no allocator is declared for it`, declare);
  const { allocator: loaded } = process;
  const preloaded = instance.environment.LD_PRELOAD ?? '';
  const named = preloaded === '' ? 'no preloaded library' : preloaded;
  if (loaded.allocator === glibc) {
    if (wouldLoad(facts, instance, { name: glibc, config: undefined })) return glibc;
    return leave(relay, `it runs with glibc, though its unit names ${named}: no allocator is declared for it`, declare);
  }
  const { buildId } = loaded;
  if (buildId === undefined)
    return leave(relay, `${loaded.path} has no build-id to know it by: no allocator is declared for it`, declare);
  if (findLibrary(facts, preloaded)?.buildId !== buildId)
    return leave(
      relay,
      `it runs with ${loaded.allocator} (build-id ${buildId.slice(0, 8)}), but its next start would load ${named}, which is another: no allocator is declared for it`,
      declare,
    );
  return { relay, facts, loaded: { ...loaded, buildId }, library: preloaded, version: upstreamVersion(loaded.package) };
};

/** The package that all hosts have in one version and hold; otherwise why there is none. */
const commonPackage = (uses: readonly Use[]): Package | { readonly why: string } | undefined => {
  const owners = new Map(uses.map(({ loaded: { package: owner } }) => [`${owner?.name} ${owner?.version}`, owner]));
  const [first] = owners.values();
  if (owners.size > 1)
    return { why: `not declared, since hosts have different ones: ${[...owners.keys()].join(', ')}` };
  if (first === undefined) return undefined;
  const loose = uses.filter(
    ({ facts }) =>
      facts.packages.find(({ name, version }) => name === first.name && version === first.version)?.held !== true,
  );
  const hosts = [...new Set(loose.map(({ facts }) => facts.host))];
  return hosts.length === 0
    ? { name: first.name, version: first.version }
    : {
        why: `{ name: ${first.name}, version: ${first.version} }   # not held on ${hosts.join(', ')}: declare and apply to hold it`,
      };
};

/** `mimalloc`, else `mimalloc-2.0.9`, else `mimalloc-2.0.9-2`: the first that is free. */
const freeName = (taken: ReadonlySet<string>, { loaded: { allocator }, version }: Use): string => {
  const plain = version.replace(/[^A-Za-z0-9_.-]/g, '-');
  const candidates = [allocator, `${allocator}-${plain}`];
  for (let count = 2; ; count += 1) {
    const [next] = candidates.filter((name) => !taken.has(name));
    if (next !== undefined) return next;
    candidates.push(`${allocator}-${plain}-${count}`);
  }
};

export const adoptAllocators = (found: readonly FoundRelay[]): AdoptedAllocators => {
  const judged = found.map((entry) => ({ relay: entry.relay, judgement: judge(entry) }));
  const uses = judged.flatMap(({ judgement }) =>
    typeof judgement === 'object' && 'loaded' in judgement ? [judgement] : [],
  );
  const notes = judged.flatMap(({ judgement }) =>
    typeof judgement === 'object' && 'severity' in judgement ? [judgement] : [],
  );
  const taken = new Set<string>([glibc]);
  const allocators = [
    ...Map.groupBy(
      uses,
      ({ loaded: { allocator }, version, library }) => `${allocator} ${version} ${library}`,
    ).values(),
  ].map((alike): AdoptedAllocator => {
    const [first] = alike;
    if (first === undefined) throw new RangeError('a group has members');
    const name = freeName(taken, first);
    taken.add(name);
    const owner = commonPackage(alike);
    return {
      name,
      config: {
        version: first.version,
        ...(owner === undefined || 'why' in owner ? {} : { package: owner }),
        library: first.library,
        buildIds: [...new Set(alike.map(({ loaded }) => loaded.buildId))],
      },
      ...(owner !== undefined && 'why' in owner ? { comment: `package: ${owner.why}` } : {}),
      relays: alike.map(({ relay }) => relay),
    };
  });
  const onGlibc = judged.flatMap(({ relay, judgement }) => (judgement === glibc ? [relay] : []));
  return { allocators, onGlibc, notes };
};
