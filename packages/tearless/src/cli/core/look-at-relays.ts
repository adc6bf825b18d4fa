// Reads the hosts of a fleet and gives its relays as they stand: for the commands that only look.
import type { JsonObject } from '../../base/json.ts';
import type { NetworkView } from '../../daemon/weight.ts';
import type { FleetObservation } from '../../relays/fleet-observation.ts';
import { type FleetView, viewFleet } from '../../relays/relay-view.ts';
import type { CommandContext } from './context.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { ReadFleet } from './fleet.ts';
import { readLimit } from './make-plan.ts';
import { hostsOf, observeFleet } from './observe.ts';

export interface LookOptions {
  /** A selector; all relays and all hosts without one. */
  readonly limit: string | undefined;
  /** Asks for the consensus; without it flags are not known. */
  readonly readNetwork?: (observation: FleetObservation) => Promise<NetworkView | undefined>;
}

export interface FleetLook extends FleetView {
  readonly observation: FleetObservation;
}

/** Reads every host once, or with a limit those that its relays live on. */
export const lookAtRelays = async (
  fleet: ReadFleet,
  { limit, readNetwork }: LookOptions,
  context: CommandContext,
): Promise<FleetLook> => {
  const { desired, config } = fleet;
  const selector = readLimit(desired, limit);
  const names = limit === undefined ? Object.keys(config.hosts) : hostsOf(desired.relays.filter(selector));
  const observation = await observeFleet(fleet, names, context);
  const network = await readNetwork?.(observation);
  const hostLabels = (host: string) => config.hosts[host]?.labels ?? {};
  return { ...viewFleet({ desired, observation, network, limit: selector, hostLabels }), observation };
};

/** Hosts that did not answer, for --json. */
export const describeUnreachable = ({ unreachable }: Pick<FleetObservation, 'unreachable'>): JsonObject[] =>
  [...unreachable].map(([host, { code, kind, message, hint }]) => ({ host, code, kind, message, hint: hint ?? null }));

export const exitCodeOfLook = ({ unreachable }: Pick<FleetObservation, 'unreachable'>): ExitCode =>
  unreachable.size === 0 ? exitCodes.done : exitCodes.someHostsUnreachable;
