// The configuration of a lab's fleet: its relays as they run, and every allocator that its hosts could load as a target.
import { Document } from 'yaml';
import type { AllocatorConfig } from '../../config/schema.ts';
import type { HostFacts } from '../../facts/observed.ts';

/** Each allocator that lies on the hosts, by name; hosts of another Debian may bring another build of the same version. */
export const findTargets = (facts: readonly HostFacts[]): Map<string, AllocatorConfig> => {
  const targets = new Map<string, AllocatorConfig>();
  for (const library of facts.flatMap(({ libraries }) => libraries)) {
    const { allocator, buildId, path, aliases = [], package: owner } = library;
    if (allocator === 'glibc' || allocator === 'unknown' || buildId === undefined || owner === undefined) continue;
    const version = owner.version.replace(/^\d+:/, '').replace(/[+~-].*$/, '');
    const known = targets.get(allocator);
    if (known === undefined)
      targets.set(allocator, {
        version,
        package: owner,
        library: aliases.find((name) => /\.so\.\d+$/.test(name)) ?? path,
        buildIds: [buildId],
      });
    else if (known.version === version && !known.buildIds.includes(buildId)) known.buildIds.push(buildId);
  }
  return targets;
};

export interface LabConfigInput {
  readonly fleet: string;
  readonly sshConfig: string;
  readonly hosts: readonly string[];
  readonly user: string;
  readonly relays: readonly { readonly host: string; readonly name: string; readonly fingerprint: string }[];
  readonly targets: ReadonlyMap<string, AllocatorConfig>;
}

/** The text of a tearless.yaml with an empty plan: relays are declared, and nothing is asked of them yet. */
export const renderLabConfig = ({ fleet, sshConfig, hosts, user, relays, targets }: LabConfigInput): string => {
  const document = new Document({
    version: 1,
    fleet,
    network: 'lab',
    sshConfig,
    hosts: Object.fromEntries(hosts.map((name) => [name, { user }])),
    relays: relays.map(({ host, name, fingerprint }) => ({ relay: `${host}/${name}`, fingerprint })),
    allocators: Object.fromEntries(targets),
    settings: [],
  });
  document.commentBefore = ` The fleet of the lab ${fleet}. Ask something of it under settings, such as\n   - { select: "*", allocator: { mimalloc: 90%, jemalloc: 10% } }`;
  return document.toString({ lineWidth: 0 });
};
