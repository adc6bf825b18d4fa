// Reads the live fleet for a design: every selected relay with its facts, its flags and its weight.
import type { DesiredRelay } from '../../config/desired.ts';
import type { Selector } from '../../config/selector.ts';
import type { NetworkView } from '../../daemon/weight.ts';
import type { Candidate } from '../../experiments/design/candidate.ts';
import { type FleetObservation, findPresentRelays, findSeenRelay } from '../../relays/fleet-observation.ts';
import type { CommandContext } from './context.ts';
import type { FleetHosts } from './fleet.ts';
import { hostsOf, observeFleet, observeNetwork } from './observe.ts';

const known = (network: NetworkView | undefined, fingerprint: string | undefined) => {
  const listed = network?.relays.get(fingerprint ?? '');
  return {
    flags: network === undefined ? undefined : (listed?.flags ?? new Set<string>()),
    ...(listed === undefined || listed.bandwidth === 0 ? {} : { weight: listed.bandwidth }),
  };
};

/** Of relays that were seen already; nothing is known of their flags. */
export const candidatesAmong = (relays: readonly DesiredRelay[], observation: FleetObservation): Candidate[] =>
  findPresentRelays(relays, observation).map((seen) => ({ ...seen, flags: undefined }));

/** @throws RelaysError where a selected relay's host does not answer or has no such relay: a design takes all or none */
export const readCandidates = async (
  fleet: FleetHosts,
  selector: Selector,
  context: CommandContext,
): Promise<Candidate[]> => {
  const relays = fleet.desired.relays.filter(selector);
  const observation = await observeFleet(fleet, hostsOf(relays), context);
  const seen = relays.map((relay) => findSeenRelay(relay, observation));
  const network = await observeNetwork(fleet, observation, context);
  return seen.map((entry) => ({ ...entry, ...known(network, entry.instance.fingerprint) }));
};
