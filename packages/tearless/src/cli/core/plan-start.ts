// The plan of an experiment's start: the fleet with the experiment laid over it, all of its relays restarted in its order.
import type { Plan } from '../../change/plan.ts';
import { type Desired, resolveDesired } from '../../config/desired.ts';
import { stampExperiment } from '../../config/edit-experiments.ts';
import { listAssigned } from '../../config/experiments.ts';
import { parseConfig } from '../../config/parse.ts';
import type { ExperimentConfig } from '../../config/schema.ts';
import type { FleetExtras } from '../../daemon/fleet-extras.ts';
import { liveArms, planStart, readProgress, type StartProgress } from '../../experiments/design/plan-start.ts';
import type { FleetObservation } from '../../relays/fleet-observation.ts';
import type { CommandContext } from './context.ts';
import type { Fleet } from './fleet.ts';
import { judgeRelays, type LiveWish } from './live/judge-relays.ts';
import { addLiveArms, readUpdated } from './live/live-arms.ts';
import { refuseUnstartable } from './live/refuse-unstartable.ts';
import { makePlan } from './make-plan.ts';
import { hostsOf, observeFleet } from './observe.ts';
import type { PlanOptionValues } from './plan-options.ts';

export interface StartPlan {
  readonly plan: Plan;
  /** The configuration with the start written down: stands on disk before the first relay changes. */
  readonly text: string;
  readonly experiment: ExperimentConfig;
  /** Before anything of the plan is done. */
  readonly progress: StartProgress;
  /** Relays that are not restarted yet and not in the plan either. */
  readonly later: readonly string[];
  readonly observation: FleetObservation;
}

/** Seconds since 1970, as they stand in the file. */
const instantOf = (text: string): number => Date.parse(text);

export interface StartCall {
  readonly name: string;
  readonly options: PlanOptionValues;
  /** The plan to compare with, where one was saved. */
  readonly saved: Plan | undefined;
  /** Where some arms take a live update: to which build. */
  readonly live: Omit<LiveWish, 'relays'> | undefined;
}

const stampedDesired = (text: string, path: string): Desired => {
  const desired = resolveDesired(parseConfig(text, path));
  // The order is the experiment's: relays with less to lose do not go first.
  return { ...desired, restart: { ...desired.restart, avoidFlagLoss: false } };
};

/** @throws what planning throws: a host that does not answer, an allocator that it would not load */
export const makeStartPlan = async (
  fleet: Fleet,
  { name, options, saved, live }: StartCall,
  context: CommandContext,
): Promise<StartPlan> => {
  const { file } = fleet;
  const { clock } = context.surroundings;
  const beginsMs = saved === undefined ? clock.now() : instantOf(saved.createdAt);
  const text = stampExperiment(file.text, file.path, name, 'starting', beginsMs);
  const isFirst = text !== file.text;
  const experiment = parseConfig(text, file.path).experiments?.[name] as ExperimentConfig;
  const startingMs = instantOf(experiment.starting ?? '');
  const relays = listAssigned(experiment).map(({ relay }) => relay);
  const isLive = liveArms(experiment);
  const judgement = live === undefined ? undefined : await judgeRelays(fleet, { ...live, relays }, context);
  const restarting = listAssigned(experiment).flatMap(({ relay, arm }) => (isLive.has(arm) ? [] : [relay]));
  if (judgement !== undefined) {
    const seen = judgement.judged.map((one) => one.seen);
    await refuseUnstartable(
      fleet,
      judgement.to,
      seen.filter(({ relay }) => restarting.includes(relay.id)),
      context,
    );
  }
  const staged = { ...fleet, desired: stampedDesired(text, file.path) };
  let observation: FleetObservation = { hosts: new Map(), unreachable: new Map() };
  let progress: StartProgress = { restarted: [], waiting: relays, timersMissing: [], lastRestartMs: undefined };
  const plan = async (withTimers: boolean): Promise<Plan> => {
    const findExtras = (seen: FleetObservation): FleetExtras => {
      // Nothing that ran before the first call counts, however young it is.
      const nowMs = clock.now();
      const sinceMs = isFirst ? nowMs + 60_000 : startingMs;
      const updated = judgement === undefined ? new Map<string, number>() : readUpdated(judgement, sinceMs);
      const input = { name, experiment, startingMs: sinceMs, hosts: seen.hosts, nowMs, updated };
      observation = seen;
      progress = readProgress(input);
      return planStart(input, withTimers);
    };
    const made = await makePlan(staged, { ...options, limit: restarting.join(',') }, context, saved, findExtras);
    const { limit: _, ...request } = made.request ?? {};
    const named = { ...made, request: { ...request, experiment: name } };
    return judgement === undefined
      ? named
      : addLiveArms(named, { experiment, judgement, waiting: progress.waiting, desired: staged.desired });
  };
  const laterThan = ({ items }: Plan): string[] => {
    const going = new Set(items.map(({ id }) => id));
    return progress.waiting.filter((relay) => !going.has(relay));
  };
  const first = await plan(true);
  // Timers come with the last relays: before, they would restart relays that have not got their treatment.
  const hasTimers = first.items.some(({ id }) => id.includes('/(timer '));
  const made = hasTimers && laterThan(first).length > 0 ? await plan(false) : first;
  return { plan: made, text, experiment, progress, later: laterThan(made), observation };
};

/** How the start stands on the hosts now. */
export const readStartProgress = async (
  fleet: Fleet,
  name: string,
  experiment: ExperimentConfig,
  live: StartCall['live'],
  context: CommandContext,
): Promise<{ progress: StartProgress; observation: FleetObservation }> => {
  const members = new Set(listAssigned(experiment).map(({ relay }) => relay));
  const hosts = hostsOf(fleet.desired.relays.filter(({ id }) => members.has(id)));
  const observation = await observeFleet(fleet, hosts, context);
  const startingMs = instantOf(experiment.starting ?? '');
  const nowMs = context.surroundings.clock.now();
  const updated =
    live === undefined
      ? new Map<string, number>()
      : readUpdated(await judgeRelays(fleet, { ...live, relays: [...members] }, context), startingMs);
  const { hosts: seen } = observation;
  return { observation, progress: readProgress({ name, experiment, startingMs, hosts: seen, nowMs, updated }) };
};
