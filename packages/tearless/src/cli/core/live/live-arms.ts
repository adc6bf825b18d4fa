// The start of an experiment some of whose arms take a live update: the plan of its restarts, with the build put in place before each,
// and between them the live updates, in the experiment's one random order.
import { sealPlan } from '../../../change/digest.ts';
import type { ChangeItem, Plan } from '../../../change/plan.ts';
import type { Desired } from '../../../config/desired.ts';
import { listAssigned } from '../../../config/experiments.ts';
import type { ExperimentConfig } from '../../../config/schema.ts';
import { restartOrder } from '../../../experiments/design/assignment.ts';
import { liveArms } from '../../../experiments/design/plan-start.ts';
import { LiveError } from '../../../live/live-error.ts';
import { doneUpdates } from '../../../live/status/process-record.ts';
import { type JudgedRelay, type JudgedRelays, liveItemOf } from './judge-relays.ts';
import { takeUpBuild } from './plan-adopt.ts';

/** By relay: when it became the build while it ran, where that was since the start began. */
export const readUpdated = ({ judged, to }: JudgedRelays, startingMs: number): Map<string, number> =>
  new Map(
    judged.flatMap(({ seen: { relay, running } }): [string, number][] => {
      const update = running?.record === undefined ? undefined : doneUpdates(running.record).at(-1);
      const atMs = update === undefined ? Number.NaN : Date.parse(update.at);
      return update?.to === to.manifest.buildId && atMs >= startingMs ? [[relay.id, atMs]] : [];
    }),
  );

/** An arm without some of its relays would be another experiment. @throws LiveError `live-arm-impossible` */
const refuseUnfit = (waiting: readonly JudgedRelay[], { to }: JudgedRelays): void => {
  const unfit = waiting.flatMap(({ seen: { relay }, refused, isThere }) => {
    const why = isThere ? `runs tor ${to.manifest.version} of this build already` : refused;
    return why === undefined ? [] : [`${relay.id}: ${why}`];
  });
  if (unfit.length === 0) return;
  throw new LiveError({
    kind: 'refused',
    code: 'live-arm-impossible',
    message: `not every relay of the arm can take the live update:\n${unfit.join('\n')}`,
    hint: "'tearless live verdict' says everything about a step; 'tearless live adopt' takes relays onto a build that takes updates",
  });
};

/**
 * Each live update is a batch of its own, at its place in the order: a batch of restarts is parted where one falls between, so that
 * no relay of either arm runs ahead of the other arm. What hosts need first and timers stay where they are.
 */
export const interleave = (
  batches: readonly (readonly string[])[],
  live: readonly string[],
  order: readonly string[],
): string[][] => {
  const rankOf = (id: string): number => order.indexOf(id);
  const byRank = (a: string, b: string): number => rankOf(a) - rankOf(b);
  const waiting = [...live].sort(byRank);
  const liveBefore = (rank: number): string[][] =>
    waiting.splice(0, waiting.filter((id) => rankOf(id) < rank).length).map((id) => [id]);
  const mixed = batches.flatMap((batch): string[][] => {
    const isTimer = batch.some((id) => id.includes('/(timer '));
    if (isTimer) return [...liveBefore(Infinity), [...batch]];
    const relays = batch.filter((id) => rankOf(id) >= 0).sort(byRank);
    const parts: string[][] = [];
    let part = batch.filter((id) => rankOf(id) < 0);
    for (const relay of relays) {
      const updates = liveBefore(rankOf(relay));
      if (updates.length > 0 && part.length > 0) {
        parts.push(part);
        part = [];
      }
      parts.push(...updates);
      part.push(relay);
    }
    return part.length === 0 ? parts : [...parts, part];
  });
  return [...mixed, ...waiting.map((id) => [id])];
};

/**
 * Live updates that are due with these restarts: those before the first relay that must wait for a later call, since an arm that is
 * through weeks before the other one would be compared with another time.
 * @param later relays that restart in a later call
 */
export const dueUpdates = (live: readonly string[], later: readonly string[], order: readonly string[]): string[] => {
  const end = Math.min(...later.map((id) => order.indexOf(id)), Infinity);
  return live.filter((id) => order.indexOf(id) < end);
};

export interface LiveStart {
  readonly experiment: ExperimentConfig;
  /** Of every relay of the experiment. */
  readonly judgement: JudgedRelays;
  /** Relays that have not got their treatment. */
  readonly waiting: readonly string[];
  readonly desired: Desired;
}

/** @param plan of the restarts alone. @throws LiveError `live-arm-impossible` */
export const addLiveArms = (plan: Plan, { experiment, judgement, waiting, desired }: LiveStart): Plan => {
  const { judged, to, key, injector } = judgement;
  const live = liveArms(experiment);
  const armOf = new Map(listAssigned(experiment).map(({ relay, arm }) => [relay, arm]));
  const going = judged.filter(({ seen }) => {
    const { id } = seen.relay;
    return waiting.includes(id) && live.has(armOf.get(id) ?? '');
  });
  refuseUnfit(going, judgement);
  const order = restartOrder(experiment);
  const restarting = new Set(plan.items.map(({ id }) => id));
  const goingIds = going.map(({ seen }) => seen.relay.id);
  const later = waiting.filter((id) => !restarting.has(id) && !goingIds.includes(id));
  const due = dueUpdates(goingIds, later, order);
  const { deadline } = desired.restart;
  const restarts = plan.items.map((item): ChangeItem => {
    const seen = judged.find(({ seen: { relay } }) => relay.id === item.id)?.seen;
    return seen === undefined ? item : takeUpBuild(item, seen.relay.instance, to, { key, injector, deadline });
  });
  const updates = going
    .filter(({ seen }) => due.includes(seen.relay.id))
    .map((one) => liveItemOf(one, judgement, desired));
  const batches = interleave(
    plan.batches,
    updates.map(({ id }) => id),
    order,
  );
  // A batch that was parted waits for its gates once for each part.
  const parts = (batches.length - updates.length) / Math.max(1, plan.batches.length);
  const { schema: _schema, digest: _digest, ...rest } = plan;
  return sealPlan({
    ...rest,
    items: [...restarts, ...updates],
    batches,
    cost: {
      ...plan.cost,
      lines: [
        ...plan.cost.lines,
        ...(updates.length === 0 ? [] : [`${updates.length} updated live, without a restart`]),
      ],
      estimatedSeconds: Math.round(plan.cost.estimatedSeconds * parts) + updates.length * secondsAnUpdate,
    },
  });
};

const secondsAnUpdate = 5;
