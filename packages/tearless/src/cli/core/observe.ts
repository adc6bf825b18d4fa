// Reads the hosts of a fleet side by side: facts of each, the network as a relay of theirs knows it, traffic before a change.
import { type DescribedError, isDescribedError } from '../../base/error.ts';
import { runPool } from '../../change/pool.ts';
import type { DesiredRelay } from '../../config/desired.ts';
import { withControl } from '../../daemon/control.ts';
import { readBytesPerSecond } from '../../daemon/gates/bandwidth-recovered.ts';
import { readNetworkView } from '../../daemon/network-view.ts';
import type { NetworkView } from '../../daemon/weight.ts';
import { readFacts } from '../../facts/collect.ts';
import type { HostFacts } from '../../facts/observed.ts';
import type { FleetObservation } from '../../relays/fleet-observation.ts';
import type { CommandContext } from './context.ts';
import type { FleetHosts } from './fleet.ts';

/** Hosts asked at once. */
const side = { itemsAtOnce: 32, itemsPerHost: 1 };

/** Facts of the hosts named, and why some did not answer. */
export const observeFleet = async (
  fleet: FleetHosts,
  names: readonly string[],
  context: CommandContext,
): Promise<FleetObservation> => {
  const hosts = new Map<string, HostFacts>();
  const unreachable = new Map<string, DescribedError>();
  const libraries = Object.values(fleet.desired.allocators).map(({ library }) => library);
  const hostItself = (name: string): string => name;
  await runPool(names, side, hostItself, async (name) => {
    try {
      hosts.set(name, await readFacts(fleet.hosts.get(name), { libraries, signal: context.signal }));
    } catch (error) {
      if (!isDescribedError(error) || error.kind === 'interrupted' || error.kind === 'bug') throw error;
      unreachable.set(name, error);
    }
  });
  // In the order asked for, not in that of the answers: what is made of them must not depend on who was first.
  const inOrder = <T>(found: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...found].sort(([a], [b]) => names.indexOf(a) - names.indexOf(b)));
  return { hosts: inOrder(hosts), unreachable: inOrder(unreachable) };
};

/** How many relays are asked for the consensus before it counts as unknown. */
const viewAttempts = 3;

/** The newest consensus of the first relays that have one; undefined when none of them could tell. */
export const observeNetwork = async (
  fleet: FleetHosts,
  { hosts }: FleetObservation,
  context: CommandContext,
): Promise<NetworkView | undefined> => {
  const asked = [...hosts].flatMap(([host, facts]) =>
    facts.instances
      .filter(({ activeState }) => activeState === 'active')
      .slice(0, 1)
      .map(({ name }) => ({ host, instance: name })),
  );
  for (const { host, instance } of asked.slice(0, viewAttempts)) {
    const stepContext = {
      host: fleet.hosts.get(host),
      clock: context.surroundings.clock,
      signal: context.signal,
      run: '',
    };
    try {
      return await withControl(stepContext, instance, readNetworkView);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof Error)) throw error;
      context.output.note(`${host}/${instance} could not tell the consensus: ${error.message}`);
    }
  }
  return undefined;
};

/** Hosts that the relays live on, each once. */
export const hostsOf = (relays: readonly DesiredRelay[]): string[] => [...new Set(relays.map(({ host }) => host))];

const baselineSampleMs = 10_000;

/** Bytes a second of each running relay, measured for ten seconds at once; relays that cannot tell are left out, and said. */
export const observeBaseline = async (
  fleet: FleetHosts,
  { hosts }: FleetObservation,
  relays: readonly DesiredRelay[],
  context: CommandContext,
): Promise<Map<string, number>> => {
  const { clock } = context.surroundings;
  const { signal, output } = context;
  const running = relays.filter(
    ({ host, instance }) => hosts.get(host)?.instances.find(({ name }) => name === instance)?.activeState === 'active',
  );
  const measured = await Promise.all(
    running.map(async (relay): Promise<[string, number] | undefined> => {
      const host = fleet.hosts.get(relay.host);
      try {
        return [relay.id, await readBytesPerSecond({ host, clock, signal, run: '' }, relay.instance, baselineSampleMs)];
      } catch (error) {
        if (signal.aborted || !(error instanceof Error)) throw error;
        output.note(`${relay.id} could not tell its traffic, so it is not compared afterwards: ${error.message}`);
        return undefined;
      }
    }),
  );
  return new Map(measured.filter((entry) => entry !== undefined));
};
