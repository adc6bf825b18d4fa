// The end of an experiment as one plan: what it left goes, the target comes, each relay changes once; and the configuration that
// says so from then on.

import { isDescribedError } from '../../../base/error.ts';
import type { Plan } from '../../../change/plan.ts';
import { refuseStalePlan } from '../../../change/plan-file.ts';
import { readPart } from '../../../change/plan-part.ts';
import { listRuns, loadRun } from '../../../change/read-run.ts';
import type { RunState } from '../../../change/state.ts';
import { type Desired, resolveDesired } from '../../../config/desired.ts';
import { stampExperiment } from '../../../config/edit-experiments.ts';
import { declareSetting } from '../../../config/edit-settings.ts';
import { parseConfig } from '../../../config/parse.ts';
import type { FleetExtras } from '../../../daemon/fleet-extras.ts';
import { chooseLeavings } from '../../../experiments/conclude/choose.ts';
import { discoverLeavings } from '../../../experiments/conclude/discover.ts';
import type { EndedExperiment } from '../../../experiments/conclude/ended-experiment.ts';
import { readLeavings } from '../../../experiments/conclude/from-journal.ts';
import type { Leaving } from '../../../experiments/conclude/leaving.ts';
import { matchRelays } from '../../../experiments/conclude/match-relays.ts';
import { planMonitoring } from '../../../experiments/conclude/monitoring.ts';
import { planRemoval } from '../../../experiments/conclude/plan-removal.ts';
import { allocatorOf, parseTarget, selectorFor } from '../../../experiments/conclude/target.ts';
import type { Measurements } from '../../../experiments/model/measurements.ts';
import type { FleetObservation } from '../../../relays/fleet-observation.ts';
import { refusal } from '../cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { Fleet } from '../fleet.ts';
import { makePlan } from '../make-plan.ts';
import type { PlanOptionValues } from '../plan-options.ts';

export interface ConcludeWishes {
  readonly target: string | undefined;
  readonly leave: readonly string[];
  readonly remove: readonly string[];
  readonly monitoring: boolean;
  readonly request: PlanOptionValues;
}

/** Told of what was found before anything is planned with it: planning may refuse because of it. */
export type OnLeavings = (leavings: readonly Leaving[]) => void;

export interface Staged {
  /** tearless.yaml as it shall be: the experiment concluded, the target behind the settings. */
  readonly text: string;
  readonly desired: Desired;
  readonly experiment: EndedExperiment;
  /** Relays of the experiment that tearless.yaml does not declare. */
  readonly missing: readonly string[];
  /** Hosts that have relays of the experiment. */
  readonly hosts: readonly string[];
}

export interface ConclusionPlan extends Staged {
  readonly plan: Plan;
  readonly leavings: readonly Leaving[];
  readonly observation: FleetObservation;
}

/** @throws CliError `conclude-no-relays`, `experiment-not-begun`; ConfigError where the target is none */
export const stageConclusion = (
  fleet: Fleet,
  { info, relays }: Pick<Measurements, 'info' | 'relays'>,
  target: string | undefined,
  nowMs: number,
): Staged => {
  const { file, config } = fleet;
  const declared = config.experiments?.[info.id];
  if (declared !== undefined && declared.starting === undefined && declared.started === undefined)
    throw refusal({
      code: 'experiment-not-begun',
      message: `experiment ${info.id} has not begun: there is nothing to conclude`,
      subject: info.id,
      hint: `start it with 'tearless experiment start ${info.id}', or take it out of ${file.path}`,
    });
  const { armOf, missing } = matchRelays(relays, fleet.desired.relays);
  if (armOf.size === 0)
    throw refusal({
      code: 'conclude-no-relays',
      message: `none of the ${relays.length} relays of ${info.id} is declared in ${file.path}`,
      subject: info.id,
      hint: "declare the fleet that it ran on first: 'tearless adopt HOST --write' reads it from the hosts",
    });
  const stamped =
    declared === undefined ? file.text : stampExperiment(file.text, file.path, info.id, 'concluded', nowMs);
  const all = fleet.desired.relays.map(({ id }) => id);
  const select = selectorFor(
    all.filter((id) => armOf.has(id)),
    all,
  );
  const text =
    target === undefined
      ? stamped
      : declareSetting(stamped, file.path, { select, allocator: allocatorOf(parseTarget(target)) });
  return {
    text,
    desired: resolveDesired(parseConfig(text, file.path)),
    experiment: { id: info.id, arms: info.arms, armOf },
    missing,
    hosts: [...new Set([...armOf.keys()].map((id) => id.slice(0, id.indexOf('/'))))],
  };
};

/** Runs that began the experiment, the oldest first. */
export const readStartRuns = async (fleet: Fleet, id: string): Promise<RunState[]> => {
  const states: RunState[] = [];
  for (const { run } of await listRuns(fleet.store, { fleet: fleet.config.fleet })) {
    const loaded = await loadRun(fleet.store, run);
    const { request } = readPart(loaded.part).plan;
    if (request?.experiment === id && request.conclude !== true) states.unshift(loaded.fold.state());
  }
  return states;
};

const groupOf = (desired: Desired, relay: string) => desired.shareGroups.find(({ relays }) => relays.includes(relay));

/** Everything that is thought to be the experiment's, from its journal first: what that proves is not guessed again. */
export const findLeavings = (
  { desired, experiment, hosts }: Staged,
  runs: readonly RunState[],
  observation: FleetObservation,
): Leaving[] => {
  const relays = new Map(desired.relays.map((relay) => [relay.id, relay]));
  const isDeclared = (relay: string, option: string): boolean =>
    [...(relays.get(relay)?.torrc.keys() ?? [])].some((name) => name.toLowerCase() === option.toLowerCase());
  const hasAllocator = (relay: string): boolean =>
    relays.get(relay)?.allocator !== undefined || groupOf(desired, relay) !== undefined;
  const usesPackage = (host: string, name: string): boolean =>
    desired.relays.some((relay) => {
      const { allocator } = relay;
      const given = allocator === undefined ? [...(groupOf(desired, relay.id)?.counts.keys() ?? [])] : [allocator];
      return relay.host === host && given.some((each) => desired.allocators[each]?.package?.name === name);
    });
  const seen = hosts.flatMap((host) => observation.hosts.get(host) ?? []);
  const proved = readLeavings({ runs, hosts: seen, isDeclared, hasAllocator, usesPackage });
  const known = new Set(proved.map(({ id }) => id));
  const guessed = discoverLeavings({ experiment, hosts: seen, isDeclared });
  // What stands in a torrc of a relay that is not declared cannot be planned.
  return [...proved, ...guessed.filter(({ id }) => !known.has(id))].map((leaving) =>
    leaving.relay === undefined || relays.has(leaving.relay) || leaving.action.kind === 'timer'
      ? leaving
      : { ...leaving, verdict: 'by-hand', evidence: [...leaving.evidence, `${leaving.relay} is not declared`] },
  );
};

/** A drop-in that is not surely the experiment's and would win over the target: the person decides, and is told how. */
const explainForeign = (error: unknown, leavings: readonly Leaving[]): unknown => {
  if (!isDescribedError(error) || error.code !== 'relays-foreign-drop-in') return error;
  const unsure = leavings.filter(
    ({ action, verdict, relay }) => action.kind === 'drop-in' && verdict !== 'remove' && relay === error.subject,
  );
  const [first] = unsure;
  if (first === undefined) return error;
  return refusal({
    code: 'conclude-drop-in-in-the-way',
    message: error.message,
    subject: first.id,
    hint:
      first.verdict === 'ask'
        ? `it may be the experiment's: --remove ${first.id} takes its line out; or leave the relay out with --limit`
        : `take the line out of ${first.path} by hand, or leave the relay out with --limit`,
  });
};

/** @param saved the plan to compare with, where one was saved */
export const makeConclusionPlan = async (
  fleet: Fleet,
  measurements: Pick<Measurements, 'info' | 'relays'>,
  wishes: ConcludeWishes,
  context: CommandContext,
  saved: Plan | undefined,
  onLeavings: OnLeavings,
): Promise<ConclusionPlan> => {
  const nowMs = saved === undefined ? context.surroundings.clock.now() : Date.parse(saved.createdAt);
  const staged = stageConclusion(fleet, measurements, wishes.target, nowMs);
  const { desired, experiment, hosts } = staged;
  let leavings: Leaving[] = [];
  let told = false;
  let withPackages = true;
  let seen: FleetObservation = { hosts: new Map(), unreachable: new Map() };
  const runs = await readStartRuns(fleet, experiment.id);
  const findExtras = (observation: FleetObservation): FleetExtras => {
    seen = observation;
    leavings = chooseLeavings(findLeavings(staged, runs, observation), wishes);
    if (!told) onLeavings(leavings);
    told = true;
    const { after: packages = [], ...removal } = planRemoval(experiment.id, leavings);
    const watched = hosts.flatMap((host) => observation.hosts.get(host) ?? []);
    const monitoring = wishes.monitoring ? watched.flatMap((facts) => planMonitoring(facts) ?? []) : [];
    return { ...removal, after: [...(withPackages ? packages : []), ...monitoring] };
  };
  const limit = wishes.request.limit ?? hosts.map((host) => `host=${host}`).join(',');
  const staging = { ...fleet, desired };
  const make = async (): Promise<Plan> => {
    try {
      return await makePlan(staging, { ...wishes.request, limit }, context, saved, findExtras);
    } catch (error) {
      throw explainForeign(error, leavings);
    }
  };
  let made = await make();
  // Relays that wait for a later call still need their packages.
  const waits = made.warnings.some(({ code }) => code === 'hsdir-loss-spread');
  if (waits && made.items.some(({ id }) => id.endsWith('/(packages)'))) {
    withPackages = false;
    made = await make();
  }
  const { target, leave, remove, monitoring, request } = wishes;
  const { limit: _, ...asked } = made.request ?? {};
  const plan = {
    ...made,
    request: {
      ...asked,
      ...(request.limit === undefined ? {} : { limit: request.limit }),
      experiment: experiment.id,
      conclude: true,
      ...(target === undefined ? {} : { target }),
      leave: [...leave],
      remove: [...remove],
      monitoring,
    },
  };
  if (saved !== undefined) refuseStalePlan(saved, plan);
  return { ...staged, plan: saved ?? plan, leavings, observation: seen };
};
