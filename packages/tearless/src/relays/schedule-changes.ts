// The order of a fleet's changes: batches within the limits of what the network may lose at once, and what must wait. Pure.
import { type BatchSize, toCount } from '../change/batches.ts';
import type { Desired } from '../config/desired.ts';
import type { RelayCost } from '../daemon/cost.ts';
import { hsDirUptimeHours } from '../daemon/flags.ts';
import { type Schedule, scheduleRestarts } from '../daemon/schedule.ts';
import { type NetworkShare, type NetworkView, noShare } from '../daemon/weight.ts';
import type { SeenRelay } from './fleet-observation.ts';
import type { RelayChange } from './relay-change.ts';
import { flagStateOf } from './relay-cost.ts';

export interface ScheduleInput {
  readonly desired: Desired;
  readonly network: NetworkView | undefined;
  /** The whole fleet as seen, changed or not. */
  readonly seen: readonly SeenRelay[];
  readonly changes: readonly RelayChange[];
  readonly costs: ReadonlyMap<string, RelayCost>;
  readonly shareOf: (relay: SeenRelay) => NetworkShare;
  readonly acceptHsDirLoss: boolean;
}

const hasHsDir = (relay: SeenRelay, network: NetworkView | undefined): boolean =>
  flagStateOf(relay, network).flags.has('HSDir');

/** Without the flag, and young enough that its last restart may have taken it. */
const mayHaveLostHsDir = (relay: SeenRelay, network: NetworkView | undefined): boolean => {
  const { flags, uptimeSeconds } = flagStateOf(relay, network);
  return (
    flags.has('Running') &&
    !flags.has('HSDir') &&
    uptimeSeconds !== undefined &&
    uptimeSeconds < hsDirUptimeHours * 3600
  );
};

export const scheduleChanges = (input: ScheduleInput): Schedule => {
  const { desired, network, seen, changes, costs, shareOf, acceptHsDirLoss } = input;
  const isLab = desired.network === 'lab';
  const { serial, weightDown, hsDirLoss, avoidFlagLoss } = desired.restart;
  const sizes = serial.map(
    (size): BatchSize =>
      typeof size === 'number' ? { kind: 'count', count: size } : { kind: 'percent', percent: Number.parseFloat(size) },
  );
  const candidates = changes.map((change) => {
    const losses = costs.get(change.seen.relay.id)?.losses ?? [];
    return {
      id: change.seen.relay.id,
      share: change.activation === 'restart' ? shareOf(change.seen) : noShare,
      losesHsDir: losses.some(({ flag }) => flag === 'HSDir'),
      losesFlags: losses.length > 0,
    };
  });
  return scheduleRestarts(candidates, {
    batchSizes: sizes.map((size) => toCount(size, candidates.length)),
    weightDown: isLab ? undefined : weightDown / 100,
    hsDirLoss: isLab || acceptHsDirLoss ? undefined : hsDirLoss / 100,
    fleetHsDirs: seen.filter((relay) => hasHsDir(relay, network)).length,
    recentHsDirLosses: seen.filter((relay) => mayHaveLostHsDir(relay, network)).length,
    avoidFlagLoss,
  });
};
