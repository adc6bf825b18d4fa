// A fleet as it was seen: the facts of every host that answered, and why the others did not.
import { didYouMean } from '../base/did-you-mean.ts';
import type { DescribedError } from '../base/error.ts';
import type { DesiredRelay } from '../config/desired.ts';
import type { HostFacts, InstanceFacts } from '../facts/observed.ts';
import { RelaysError } from './relays-error.ts';

export interface FleetObservation {
  readonly hosts: ReadonlyMap<string, HostFacts>;
  readonly unreachable: ReadonlyMap<string, DescribedError>;
}

/** A declared relay beside what was seen of it. */
export interface SeenRelay {
  readonly relay: DesiredRelay;
  readonly facts: HostFacts;
  readonly instance: InstanceFacts;
}

/**
 * @throws RelaysError `relays-unreachable` when the relay's host did not answer, `relays-unknown-instance` when the host
 * has no such instance, `relays-identity` when it is another relay than declared
 */
export const findSeenRelay = (relay: DesiredRelay, observation: FleetObservation): SeenRelay => {
  const facts = observation.hosts.get(relay.host);
  if (facts === undefined) {
    const cause = observation.unreachable.get(relay.host);
    throw new RelaysError({
      kind: 'unreachable',
      code: 'relays-unreachable',
      place: 'host',
      message: `${relay.host} could not be read, so nothing can be said of ${relay.id}`,
      subject: relay.host,
      hint: `${cause?.hint ?? 'mend the way there'}; or leave it out with --limit '!host=${relay.host}'`,
      cause,
    });
  }
  const instance = facts.instances.find(({ name }) => name === relay.instance);
  if (instance === undefined)
    throw new RelaysError({
      kind: 'config',
      code: 'relays-unknown-instance',
      place: 'config',
      message: `${relay.host} has no tor instance '${relay.instance}'`,
      subject: relay.id,
      hint:
        didYouMean(
          relay.instance,
          facts.instances.map(({ name }) => name),
        ) ?? `'tearless relay ls' shows what there is`,
    });
  if (relay.fingerprint !== undefined && relay.fingerprint !== instance.fingerprint)
    throw new RelaysError({
      kind: 'refused',
      code: 'relays-identity',
      place: 'host',
      message: `${relay.id} is ${instance.fingerprint ?? 'without a fingerprint'}, not ${relay.fingerprint} as declared`,
      subject: relay.id,
      hint: 'the instance was made anew, or another relay was meant: mend the fingerprint in the configuration',
    });
  return { relay, facts, instance };
};

/** The declared relays that were seen and are the ones meant; those that were not are left out without a word. */
export const findPresentRelays = (relays: readonly DesiredRelay[], observation: FleetObservation): SeenRelay[] =>
  relays.flatMap((relay) => {
    const facts = observation.hosts.get(relay.host);
    const instance = facts?.instances.find(({ name }) => name === relay.instance);
    const isMeant = relay.fingerprint === undefined || relay.fingerprint === instance?.fingerprint;
    return facts === undefined || instance === undefined || !isMeant ? [] : [{ relay, facts, instance }];
  });
