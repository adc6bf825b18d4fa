// What a change costs one relay, from its flags as the consensus lists them and the time its process has run. Pure.
import type { RelayCost } from '../daemon/cost.ts';
import { type FlagState, flagsLost, hsDirHoursThrownAway } from '../daemon/flags.ts';
import { shutdownSeconds } from '../daemon/gates.ts';
import type { NetworkView } from '../daemon/weight.ts';
import type { SeenRelay } from './fleet-observation.ts';
import type { RelayChange } from './relay-change.ts';

/** Starting, opening ports, finding the network again. */
const startSeconds = 30;

export const flagStateOf = ({ facts, instance }: SeenRelay, network: NetworkView | undefined): FlagState => {
  const flags = network?.relays.get(instance.fingerprint ?? '')?.flags ?? new Set<string>();
  return instance.activeEnterMs === 0
    ? { flags }
    : { flags, uptimeSeconds: (facts.hostTimeMs - instance.activeEnterMs) / 1000 };
};

export const costOf = (
  { seen, activation, options }: Pick<RelayChange, 'seen' | 'activation' | 'options'>,
  kind: 'public' | 'lab',
  network: NetworkView | undefined,
): RelayCost => {
  const state = flagStateOf(seen, network);
  const outageSeconds = activation === 'restart' ? shutdownSeconds(kind) + startSeconds : 0;
  const change = { activation, outageSeconds, options, network: kind };
  return {
    relay: seen.relay.id,
    activation,
    losses: flagsLost(state, change),
    hsDirHoursThrownAway: hsDirHoursThrownAway(state, change),
  };
};

/** What a restart alone would cost. */
export const restartCostOf = (seen: SeenRelay, kind: 'public' | 'lab', network: NetworkView | undefined): RelayCost =>
  costOf({ seen, activation: 'restart', options: new Map() }, kind, network);
