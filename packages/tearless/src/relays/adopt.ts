// An existing fleet as a configuration: what runs becomes what is declared, so that the first plan is empty. Pure.
import { Document, isMap, isSeq, type Node } from 'yaml';
import type { HostConfig } from '../config/schema.ts';
import type { HostFacts } from '../facts/observed.ts';
import { adoptAllocators, type FoundRelay } from './adopt-allocators.ts';
import { glibc } from './allocator-target.ts';
import type { Finding } from './drift.ts';

export interface AdoptInput {
  readonly fleet: string;
  readonly network: 'public' | 'lab';
  /** Relative to the file, when hosts are reached through one. */
  readonly sshConfig?: string;
  /** How each host is reached, as it shall stand in the file. */
  readonly hosts: ReadonlyMap<string, HostConfig>;
  readonly facts: ReadonlyMap<string, HostFacts>;
}

export interface AdoptedFleet {
  /** A tearless.yaml. */
  readonly text: string;
  readonly relays: number;
  /** What was left undeclared, and why. */
  readonly notes: readonly Finding[];
}

/** Instance names that a configuration can hold. */
const nameable = /^[A-Za-z0-9][\w-]*$/;

const flow = (document: Document, path: readonly (string | number)[]) => {
  const node = document.getIn(path, true) as Node | undefined;
  if (isMap(node) || isSeq(node)) node.flow = true;
};

/** `*`, or hosts all of whose relays are meant, and the others by name. */
const renderSelector = (relays: readonly string[], all: readonly string[]): string => {
  if (relays.length === all.length) return '*';
  const hostOf = (relay: string): string => relay.slice(0, relay.indexOf('/'));
  const total = Map.groupBy(all, hostOf);
  return [...Map.groupBy(relays, hostOf)]
    .flatMap(([host, members]) =>
      members.length > 1 && members.length === total.get(host)?.length ? [`host=${host}`] : members,
    )
    .join(',');
};

/** Declares what was found. What does not run, or would start otherwise than it runs, gets no allocator. */
export const adoptFleet = ({ fleet, network, sshConfig, hosts, facts }: AdoptInput): AdoptedFleet => {
  const everything: FoundRelay[] = [...facts].flatMap(([host, hostFacts]) =>
    hostFacts.instances.map((instance) => ({ relay: `${host}/${instance.name}`, facts: hostFacts, instance })),
  );
  const found = everything.filter(({ instance }) => nameable.test(instance.name));
  const unnameable = everything
    .filter((entry) => !found.includes(entry))
    .map(
      ({ relay, instance }): Finding => ({
        code: 'adopt-left-out',
        severity: 'warning',
        subject: relay,
        message: `${instance.unit} has a name that a configuration cannot hold: it is not declared`,
        hint: 'an instance is named with letters, digits, _ and -',
      }),
    );
  const all = found.map(({ relay }) => relay);
  const { allocators, onGlibc, notes } = adoptAllocators(found);
  const settings = [...(onGlibc.length === 0 ? [] : [{ name: glibc, relays: onGlibc }]), ...allocators].map(
    ({ name, relays }) => ({ select: renderSelector(relays, all), allocator: name }),
  );
  const document = new Document({
    version: 1,
    fleet,
    ...(network === 'lab' ? { network } : {}),
    ...(sshConfig === undefined ? {} : { sshConfig }),
    hosts: Object.fromEntries(hosts),
    relays: found.map(({ relay, instance }) =>
      instance.fingerprint === undefined ? relay : { relay, fingerprint: instance.fingerprint },
    ),
    ...(allocators.length === 0
      ? {}
      : { allocators: Object.fromEntries(allocators.map(({ name, config }) => [name, config])) }),
    ...(settings.length === 0 ? {} : { settings }),
  });
  for (const index of found.keys()) flow(document, ['relays', index]);
  for (const host of hosts.keys()) flow(document, ['hosts', host]);
  for (const { name, comment } of allocators) {
    flow(document, ['allocators', name, 'package']);
    flow(document, ['allocators', name, 'buildIds']);
    const node = document.getIn(['allocators', name], true);
    if (comment !== undefined && isMap(node)) node.comment = ` ${comment}`;
  }
  for (const index of settings.keys()) flow(document, ['settings', index]);
  return {
    text: `# What this fleet is; 'tearless plan' shows how the hosts differ from it.\n${document.toString({ lineWidth: 0 })}`,
    relays: found.length,
    notes: [...unnameable, ...notes],
  };
};
