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

/** Live updates are batches of one, each before the first restart that comes behind it in the order. */
export const interleave = (
  batches: readonly (readonly string[])[],
  live: readonly string[],
  order: readonly string[],
): string[][] => {
  const rankOf = (id: string): number => order.indexOf(id);
  const waiting = [...live].sort((a, b) => rankOf(a) - rankOf(b));
  const isTimer = (batch: readonly string[]): boolean => batch.some((id) => id.includes('/(timer '));
  const mixed = batches.flatMap((batch): string[][] => {
    const ranks = batch.map(rankOf).filter((rank) => rank >= 0);
    const before = isTimer(batch) ? Infinity : ranks.length === 0 ? -1 : Math.min(...ranks);
    const first = waiting.filter((id) => rankOf(id) < before);
    waiting.splice(0, first.length);
    return [...first.map((id) => [id]), [...batch]];
  });
  return [...mixed, ...waiting.map((id) => [id])];
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
  const { deadline } = desired.restart;
  const restarts = plan.items.map((item): ChangeItem => {
    const seen = judged.find(({ seen: { relay } }) => relay.id === item.id)?.seen;
    return seen === undefined ? item : takeUpBuild(item, seen.relay.instance, to, { key, injector, deadline });
  });
  const updates = going.map((one) => liveItemOf(one, judgement, desired));
  const { schema: _schema, digest: _digest, ...rest } = plan;
  return sealPlan({
    ...rest,
    items: [...restarts, ...updates],
    batches: interleave(
      plan.batches,
      updates.map(({ id }) => id),
      restartOrder(experiment),
    ),
    cost: {
      ...plan.cost,
      lines: [
        ...plan.cost.lines,
        ...(updates.length === 0 ? [] : [`${updates.length} updated live, without a restart`]),
      ],
      estimatedSeconds: plan.cost.estimatedSeconds + updates.length * secondsAnUpdate,
    },
  });
};

const secondsAnUpdate = 5;
