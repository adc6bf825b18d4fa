// Each relay as it stands, declared beside seen: what `relay ls` and `relay status` show. Values only.
import type { Desired, DesiredRelay } from '../config/desired.ts';
import type { Selectable, Selector } from '../config/selector.ts';
import type { NetworkView } from '../daemon/weight.ts';
import type { HostFacts, InstanceFacts, MemoryFacts } from '../facts/observed.ts';
import { type Finding, findDrift } from './drift.ts';
import { type FleetObservation, findSeenRelay, type SeenRelay } from './fleet-observation.ts';
import { RelaysError } from './relays-error.ts';

/** Which allocator a process runs with. */
export interface LoadedAllocator {
  readonly name: string;
  /** As declared for this build-id, else that of its package. */
  readonly version?: string;
  readonly buildId?: string;
  readonly path: string;
}

export interface RelayView {
  /** `host/instance`. */
  readonly id: string;
  readonly host: string;
  readonly instance: string;
  /** False for an instance that runs there and that the configuration does not know. */
  readonly declared: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly nickname?: string;
  readonly fingerprint?: string;
  /** systemd's active state; `missing`: the host has no such instance; `unreachable`: its host did not answer. */
  readonly state: string;
  readonly uptimeSeconds?: number;
  readonly memory?: Pick<MemoryFacts, 'rssBytes' | 'pssBytes'>;
  readonly loaded?: LoadedAllocator;
  /** Allocators that it shall have one of; none where nothing is declared. */
  readonly wanted: readonly string[];
  /** As the consensus lists them; absent where it is not known. */
  readonly flags?: readonly string[];
  readonly findings: readonly Finding[];
}

export interface FleetView {
  readonly relays: readonly RelayView[];
  /** What concerns a host and none of its relays alone. */
  readonly hostFindings: readonly Finding[];
}

const wantedOf = (desired: Desired, relay: DesiredRelay): string[] =>
  relay.allocator === undefined
    ? [...(desired.shareGroups.find(({ relays }) => relays.includes(relay.id))?.counts.keys() ?? [])]
    : [relay.allocator];

const describeLoaded = (desired: Desired, { process }: InstanceFacts): LoadedAllocator | undefined => {
  if (process === undefined) return undefined;
  const { allocator, buildId, path, package: owner } = process.allocator;
  const declared = Object.entries(desired.allocators).find(
    ([, config]) => buildId !== undefined && config.buildIds.includes(buildId),
  );
  const version = declared?.[1].version ?? owner?.version;
  return {
    name: declared?.[0] ?? allocator,
    path,
    ...(version === undefined ? {} : { version }),
    ...(buildId === undefined ? {} : { buildId }),
  };
};

type Seen = Omit<RelayView, 'id' | 'host' | 'instance' | 'declared' | 'labels' | 'wanted' | 'findings'>;

const describeInstance = (
  desired: Desired,
  facts: HostFacts,
  instance: InstanceFacts,
  network: NetworkView | undefined,
): Seen => {
  const loaded = describeLoaded(desired, instance);
  const listed = network?.relays.get(instance.fingerprint ?? '');
  const flags = network === undefined ? undefined : [...(listed?.flags ?? [])].sort();
  const runs = instance.process !== undefined && instance.activeEnterMs > 0;
  const { nickname, fingerprint, process } = instance;
  return {
    state: instance.activeState,
    ...(nickname === undefined ? {} : { nickname }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(runs ? { uptimeSeconds: Math.max(0, (facts.hostTimeMs - instance.activeEnterMs) / 1000) } : {}),
    ...(process === undefined
      ? {}
      : { memory: { rssBytes: process.memory.rssBytes, pssBytes: process.memory.pssBytes } }),
    ...(loaded === undefined ? {} : { loaded }),
    ...(flags === undefined ? {} : { flags }),
  };
};

const toFinding = (subject: string, error: RelaysError): Finding => ({
  code: error.code,
  severity: 'warning',
  subject,
  message: error.message,
  hint: error.hint ?? '',
});

/** The relay beside its instance, or why there is none to stand beside. */
const look = (relay: DesiredRelay, observation: FleetObservation): SeenRelay | Finding => {
  try {
    return findSeenRelay(relay, observation);
  } catch (error) {
    if (!(error instanceof RelaysError)) throw error;
    return toFinding(relay.id, error);
  }
};

/** Declared relays that a finding says are not there are told apart from those that could not be asked. */
const stateWithout = (relay: DesiredRelay, observation: FleetObservation): string =>
  observation.hosts.has(relay.host) ? 'missing' : 'unreachable';

const findUndeclared = (
  desired: Desired,
  { hosts }: FleetObservation,
): { facts: HostFacts; instance: InstanceFacts }[] => {
  const declared = new Set(desired.relays.map(({ id }) => id));
  return [...hosts].flatMap(([host, facts]) =>
    facts.instances
      .filter(({ name }) => !declared.has(`${host}/${name}`))
      .filter(({ activeState, unitFileState }) => activeState === 'active' || unitFileState.startsWith('enabled'))
      .map((instance) => ({ facts, instance })),
  );
};

export interface ViewInput {
  readonly desired: Desired;
  readonly observation: FleetObservation;
  /** Undefined where no relay could tell, or none was asked. */
  readonly network: NetworkView | undefined;
  readonly limit: Selector;
  /** Labels of hosts, for instances that are not declared. */
  readonly hostLabels: (host: string) => Readonly<Record<string, string>>;
}

/** Declared relays in their order, then what runs beside them undeclared. */
export const viewFleet = ({ desired, observation, network, limit, hostLabels }: ViewInput): FleetView => {
  const looked = desired.relays.filter(limit).map((relay) => ({ relay, found: look(relay, observation) }));
  const seen = looked.flatMap(({ found }) => ('relay' in found ? [found] : []));
  const drift = findDrift(desired, seen);
  const declared = looked.map(({ relay, found }): RelayView => {
    const { id, host, instance, labels } = relay;
    const base = { id, host, instance, labels, declared: true, wanted: wantedOf(desired, relay) };
    if ('relay' in found)
      return {
        ...base,
        ...describeInstance(desired, found.facts, found.instance, network),
        findings: drift.filter(({ subject }) => subject === id),
      };
    const facts = observation.hosts.get(host);
    const other = facts?.instances.find(({ name }) => name === instance);
    return {
      ...base,
      ...(facts === undefined || other === undefined
        ? { state: stateWithout(relay, observation) }
        : describeInstance(desired, facts, other, network)),
      findings: [found],
    };
  });
  const undeclared = findUndeclared(desired, observation)
    .map(({ facts, instance }): { relay: Selectable; view: RelayView } => {
      const relay = { host: facts.host, instance: instance.name, labels: hostLabels(facts.host) };
      const view = {
        id: `${facts.host}/${instance.name}`,
        ...relay,
        declared: false,
        wanted: [],
        ...describeInstance(desired, facts, instance, network),
        findings: [],
      };
      return { relay, view };
    })
    .filter(({ relay }) => limit(relay));
  return {
    relays: [...declared, ...undeclared.map(({ view }) => view)],
    hostFindings: drift.filter(({ subject }) => observation.hosts.has(subject)),
  };
};
