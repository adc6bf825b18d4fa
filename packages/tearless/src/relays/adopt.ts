// An existing fleet as a configuration: what runs becomes what is declared, so that the first plan is empty.
import { Document, isMap, isSeq, type Node } from 'yaml';
import type { AllocatorConfig, HostConfig } from '../config/schema.ts';
import type { AllocatorLibrary, HostFacts, InstanceFacts } from '../facts/observed.ts';
import { findLibrary, glibc } from './allocator-target.ts';

export interface AdoptInput {
  readonly fleet: string;
  readonly network: 'public' | 'lab';
  /** Relative to the file, when hosts are reached through one. */
  readonly sshConfig?: string;
  /** How each host is reached, as it shall stand in the file. */
  readonly hosts: ReadonlyMap<string, HostConfig>;
  readonly facts: ReadonlyMap<string, HostFacts>;
}

interface Found {
  readonly relay: string;
  readonly facts: HostFacts;
  readonly instance: InstanceFacts;
}

const versionOf = ({ package: owner }: AllocatorLibrary): string =>
  owner?.version.replace(/^\d+:/, '').replace(/[+~-].*$/, '') ?? 'unknown';

/** One declaration for each allocator and version that a process has loaded. */
const findAllocators = (found: readonly Found[]): Map<string, AllocatorConfig & { relays: string[] }> => {
  const allocators = new Map<string, AllocatorConfig & { relays: string[] }>();
  for (const { relay, facts, instance } of found) {
    const loaded = instance.process?.allocator;
    if (loaded === undefined || loaded.allocator === glibc || loaded.buildId === undefined) continue;
    const version = versionOf(loaded);
    const [name = loaded.allocator] = [loaded.allocator, `${loaded.allocator}-${version}`].filter((candidate) => {
      const declared = allocators.get(candidate);
      return declared === undefined || declared.version === version;
    });
    const declared = allocators.get(name);
    if (declared !== undefined) {
      if (!declared.buildIds.includes(loaded.buildId)) declared.buildIds.push(loaded.buildId);
      declared.relays.push(relay);
      continue;
    }
    const preloaded = instance.environment.LD_PRELOAD ?? loaded.path;
    const onDisk = findLibrary(facts, preloaded);
    allocators.set(name, {
      version,
      ...(loaded.package === undefined ? {} : { package: loaded.package }),
      library: onDisk === undefined ? loaded.path : preloaded,
      buildIds: [loaded.buildId],
      relays: [relay],
    });
  }
  return allocators;
};

const flow = (document: Document, path: readonly (string | number)[]) => {
  const node = document.getIn(path, true) as Node | undefined;
  if (isMap(node) || isSeq(node)) node.flow = true;
};

/** The text of a tearless.yaml that declares what was found. Instances that do not run are declared without allocator. */
export const renderAdoptedConfig = ({ fleet, network, sshConfig, hosts, facts }: AdoptInput): string => {
  const found: Found[] = [...facts].flatMap(([host, hostFacts]) =>
    hostFacts.instances.map((instance) => ({ relay: `${host}/${instance.name}`, facts: hostFacts, instance })),
  );
  const allocators = findAllocators(found);
  const onGlibc = found
    .filter(({ instance }) => instance.process?.allocator.allocator === glibc)
    .map(({ relay }) => relay);
  const settings = [
    ...(onGlibc.length === 0
      ? []
      : [{ select: onGlibc.length === found.length ? '*' : onGlibc.join(','), allocator: glibc }]),
    ...[...allocators].map(([allocator, { relays }]) => ({
      select: relays.length === found.length ? '*' : relays.join(','),
      allocator,
    })),
  ];
  const document = new Document({
    version: 1,
    fleet,
    ...(network === 'lab' ? { network } : {}),
    ...(sshConfig === undefined ? {} : { sshConfig }),
    hosts: Object.fromEntries(hosts),
    relays: found.map(({ relay, instance }) =>
      instance.fingerprint === undefined ? relay : { relay, fingerprint: instance.fingerprint },
    ),
    ...(allocators.size === 0
      ? {}
      : { allocators: Object.fromEntries([...allocators].map(([name, { relays: _, ...config }]) => [name, config])) }),
    ...(settings.length === 0 ? {} : { settings }),
  });
  for (const index of found.keys()) flow(document, ['relays', index]);
  for (const host of hosts.keys()) flow(document, ['hosts', host]);
  for (const name of allocators.keys()) {
    flow(document, ['allocators', name, 'package']);
    flow(document, ['allocators', name, 'buildIds']);
  }
  for (const index of settings.keys()) flow(document, ['settings', index]);
  return `# What this fleet is; 'tearless plan' shows how the hosts differ from it.\n${document.toString({ lineWidth: 0 })}`;
};
