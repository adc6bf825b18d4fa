// Desired and observed to a plan: which relays change, behind which gates, in which batches, and what it costs. Pure.
import type { JsonObject } from '../base/json.ts';
import { sealPlan } from '../change/digest.ts';
import type { ChangeItem, Plan } from '../change/plan.ts';
import type { Desired, DesiredRelay } from '../config/desired.ts';
import { estimateSeconds, type ItemTime, renderCost } from '../daemon/cost.ts';
import { type FleetExtras, noExtras } from '../daemon/fleet-extras.ts';
import { expectedGateSeconds, shutdownSeconds } from '../daemon/gates.ts';
import { largestShareDown } from '../daemon/schedule.ts';
import { type NetworkView, networkShares, noShare, renderShare } from '../daemon/weight.ts';
import type { AllocatorTarget } from './allocator-target.ts';
import { chooseTargets } from './choose-targets.ts';
import { type FleetObservation, findPresentRelays, findSeenRelay, type SeenRelay } from './fleet-observation.ts';
import { planHostPreparation } from './host-preparation.ts';
import { planWarnings } from './plan-warnings.ts';
import { planRelayChange, type RelayChange } from './relay-change.ts';
import { costOf, restartCostOf } from './relay-cost.ts';
import { toItem } from './relay-item.ts';
import { scheduleChanges } from './schedule-changes.ts';

export interface PlanFleetInput {
  readonly desired: Desired;
  readonly observation: FleetObservation;
  /** Undefined where no instance could tell: shares and flags are then unknown, and the plan says so. */
  readonly network: NetworkView | undefined;
  /** Bytes a second by relay, measured just before; relays without a figure are not compared. */
  readonly baseline: ReadonlyMap<string, number>;
  /** Which relays may change; all others are left alone. */
  readonly limit: (relay: DesiredRelay) => boolean;
  /** A person has said that more HSDirs may be lost within 96 h than the limit allows. */
  readonly acceptHsDirLoss: boolean;
  /** What shall be done besides what is declared. */
  readonly extras?: FleetExtras;
  /** What the plan was asked for with, kept in it. */
  readonly request?: JsonObject;
  readonly planId: string;
  readonly createdAtMs: number;
}

/** apt's own work on a host, as far as it is known beforehand. */
const preparationSeconds = 20;

/** What the hosts of these relays need first; a host that lacks what its relays shall load refuses the plan. */
const prepareHosts = (changes: readonly RelayChange[]): ChangeItem[] => {
  const byHost = new Map<string, { facts: SeenRelay['facts']; targets: Map<string, AllocatorTarget> }>();
  for (const { seen, target } of changes) {
    if (target === undefined) continue;
    const entry = byHost.get(seen.relay.host) ?? { facts: seen.facts, targets: new Map() };
    entry.targets.set(target.name, target);
    byHost.set(seen.relay.host, entry);
  }
  return [...byHost.values()].flatMap(({ facts, targets }) => planHostPreparation(facts, [...targets.values()]) ?? []);
};

/** A share is of its whole group, so all of it is looked at; what did not answer counts only when it may change. */
const lookAt = ({ desired, observation, limit }: PlanFleetInput): SeenRelay[] => {
  const grouped = new Set(desired.shareGroups.flatMap(({ relays }) => relays));
  return desired.relays.flatMap((relay) => {
    const answered = observation.hosts.has(relay.host);
    return limit(relay) || (answered && grouped.has(relay.id)) ? [findSeenRelay(relay, observation)] : [];
  });
};

/** The relays named in `order` first, in that order. */
const putInOrder = (seen: readonly SeenRelay[], order: readonly string[]): SeenRelay[] => {
  const place = new Map(order.map((id, index) => [id, index]));
  const placeOf = ({ relay }: SeenRelay): number => place.get(relay.id) ?? order.length;
  return [...seen].sort((a, b) => placeOf(a) - placeOf(b));
};

/** Batches with what comes before and after the relays; those without items fall away. */
const allBatches = (groups: readonly (readonly ChangeItem[])[]): string[][] =>
  groups.filter((group) => group.length > 0).map((group) => group.map(({ id }) => id));

/**
 * @throws RelaysError for what cannot be planned: a host that did not answer, an allocator that the host would not load,
 * a foreign drop-in in the way; DaemonError and TorError for torrc settings that cannot be had
 */
export const planFleet = (input: PlanFleetInput): Plan => {
  const { desired, network } = input;
  const { extras = noExtras } = input;
  const kind = desired.network;
  const seen = putInOrder(lookAt(input), extras.order ?? []);
  // A relay that does not run is left alone, and reported as drift: a restart would start what somebody stopped.
  const running = seen.filter(({ instance }) => instance.activeState === 'active');
  const { avoidFlagLoss } = desired.restart;
  const lossOf = (relay: SeenRelay) => (avoidFlagLoss ? restartCostOf(relay, kind, network).losses.length : 0);
  const targets = chooseTargets(desired, running, lossOf);
  const candidates = running
    .filter(({ relay }) => input.limit(relay))
    .map((relay) => planRelayChange(relay, targets.get(relay.relay.id), extras.relays.get(relay.relay.id)));
  const changes = candidates.filter(({ steps }) => steps.length > 0);
  const costs = new Map(changes.map((change) => [change.seen.relay.id, costOf(change, kind, network)]));
  const shareByFingerprint = network === undefined ? () => noShare : networkShares(network);
  const shareOf = ({ instance }: SeenRelay) => shareByFingerprint(instance.fingerprint ?? '');
  const { acceptHsDirLoss } = input;
  const schedule = scheduleChanges({ desired, network, seen: running, changes, costs, shareOf, acceptHsDirLoss });

  const preparations = prepareHosts(candidates);
  const { before = [], after = [] } = extras;
  const byId = new Map(changes.map((change) => [change.seen.relay.id, change]));
  const going = schedule.batches.flat().flatMap((id) => byId.get(id) ?? []);
  const items = going.map((change) => toItem(change, desired, input.baseline.get(change.seen.relay.id)));
  const itemById = new Map(items.map((item) => [item.id, item]));
  const times = schedule.batches.map((batch) =>
    batch.flatMap((id): ItemTime[] => {
      const item = itemById.get(id);
      const restarts = byId.get(id)?.activation === 'restart';
      const waits = { shutdownSeconds: shutdownSeconds(kind), expectedSeconds: expectedGateSeconds(kind) };
      return item === undefined ? [] : [{ host: item.host, restarts, gates: item.gates, ...waits }];
    }),
  );
  const restarts = going.filter(({ activation }) => activation === 'restart').length;
  const down = largestShareDown(schedule.batches, (id) => {
    const change = byId.get(id);
    return change?.activation === 'restart' ? shareOf(change.seen) : noShare;
  });
  const downLine =
    kind === 'lab' || network === undefined || restarts === 0 ? [] : [`down at once: at most ${renderShare(down)}`];
  return sealPlan({
    id: input.planId,
    createdAt: new Date(input.createdAtMs).toISOString(),
    fleet: desired.fleet,
    ...(input.request === undefined ? {} : { request: input.request }),
    items: [...preparations, ...before, ...items, ...after],
    batches: [...allBatches([preparations, before]), ...schedule.batches, ...allBatches([after])],
    maxFail: desired.restart.maxFail,
    cost: {
      restarts,
      lines: [...renderCost(going.flatMap(({ seen: { relay } }) => costs.get(relay.id) ?? [])), ...downLine],
      estimatedSeconds: estimateSeconds(times) + (preparations.length === 0 ? 0 : preparationSeconds),
    },
    warnings: planWarnings({
      desired,
      seen: seen.filter(({ relay }) => input.limit(relay)),
      family: findPresentRelays(desired.relays, input.observation),
      mended: new Set([
        ...[...preparations, ...items].map(({ subject }) => subject),
        ...schedule.later.flatMap(({ ids }) => ids),
      ]),
      schedule,
      networkIsKnown: network !== undefined,
      restarts,
    }),
  });
};
